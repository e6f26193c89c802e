"""A person looks the own dossier up at a kiosk: by its number and a check value.

A wrong number, a wrong value and a dossier whose personal data was erased get the same answer. An
attempt counts as wrong before it is compared, by kiosk and by dossier, in all processes together.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import Status
from hub.records.dossiers import numbering
from hub.rules.counter import check_value
from hub.rules.counter.check_value import FREE_OF_DOSSIER, FREE_OF_KIOSK
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.records import dossiers
from hub.store.users import sign_in_failures as failures
from hub.texts import Explained, both


class LookUpRefused(Explained):
    """Nothing is shown; the text says what the person may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDossier:
    """What the person who holds the receipt is shown, and nothing else."""

    number: str
    procedure: str
    status: Status
    received_at: datetime
    due_at: datetime
    is_late: bool


def whole_number(typed: str, agency: str) -> str:
    """Return the dossier number that a person typed or a reader read; the ward's agency may be
    left out (`181106-0012`). Raises LookUpRefused for what cannot be one.
    """
    text = "".join(typed.split()).upper()
    for candidate in (text, f"{agency}-{text}"):
        try:
            return numbering.short(numbering.parse(candidate).text)
        except InvalidMessage:
            continue
    raise LookUpRefused(both("kiosk.no_number"))


def look_up(store: Store, number: str, typed: str, *, kiosk: str, now: datetime) -> OwnDossier:
    """Return a dossier to the person who knows its check value. Raises LookUpRefused."""
    sources = {
        check_value.source_of_kiosk(kiosk): FREE_OF_KIOSK,
        check_value.source_of_dossier(number): FREE_OF_DOSSIER,
    }
    with store.write() as tx:
        for source, free in sources.items():
            if failures.begin(tx, source, now=now, free=free) is not None:
                raise LookUpRefused(both("kiosk.wait"))
    with store.read() as tx:
        found = _matching(tx, number, typed)
    with store.write() as tx:
        audit.record(tx, kiosk, "kiosk.look_up", object=number, allowed=found is not None, now=now)
    if found is None:
        raise LookUpRefused(both("kiosk.not_found"))
    with store.write() as tx:
        # One receipt does not get the kiosk's wrong attempts at other dossiers forgotten.
        failures.discount(tx, check_value.source_of_kiosk(kiosk), now=now)
        failures.succeeded(tx, check_value.source_of_dossier(number))
    return OwnDossier(
        number=found.number,
        procedure=found.procedure,
        status=found.status,
        received_at=found.received_at,
        due_at=found.due_at,
        is_late=found.finished_at is None and found.returned_at is None and found.due_at < now,
    )


def _matching(tx: Tx, number: str, typed: str) -> dossiers.Dossier | None:
    """Return the dossier of a number, its year written either way."""
    for written in (number, numbering.long(number)):
        found = dossiers.get(tx, written, lock=False)
        if found is None or found.erased_at is not None:
            continue
        if check_value.matches(found.applicant.identity_number, typed):
            return found
    return None

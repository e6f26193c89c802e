"""Adding an agent, enrolling its workstation by the code, revoking it.

An agent is a client of the hub with rights over its own devices only. Each act is one transaction
with its row in the audit. The code is returned once, and so is the key that the workstation gets.
"""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from hub.operations.clients.issuing import NotDone
from hub.operations.signed_by import SignedBy
from hub.rules.clients import api_keys
from hub.rules.clients.client import ANY, Client, checked
from hub.rules.edge import copies, enrolment
from hub.store.clients import registry
from hub.store.clients import secrets as kept
from hub.store.clients.secrets import KeptSecret
from hub.store.devices import states
from hub.store.edge import agents, numbers, print_jobs, sequences
from hub.store.edge.agents import KeptAgent
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.schema.tables.clients import KEY
from hub.texts import both

NUMBERS_KEPT_DAYS = 90
MOST_FORMER = 20
"""Agents whose numbers one directory may still have, after it was enrolled anew many times."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was just made."""

    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a workstation gets for its code."""

    agent: str
    agency: str
    key: str


def version_of(known: KeptAgent) -> str:
    """Return what stands for the state of an agent that a person decides about."""
    decided = (known.code_until, known.enrolled_at, known.revoked_at, known.spool, known.devices)
    shown = "|".join(
        ",".join(sorted(it)) if isinstance(it, frozenset) else str(it) for it in decided
    )
    return hashlib.sha256(shown.encode()).hexdigest()[:16]


def add(
    store: Store, id: str, *, agency: str = "", expected: str | None = None, by: SignedBy
) -> Code:
    """Give an agent a code, a new agent or one whose workstation is set up again.

    `expected`: the version that the person saw, "" for no such agent, None for any. Raises
    NotAClient for a name that is none, and NotDone.
    """
    client = _client(id)
    code, until = enrolment.fresh_code(), by["now"] + enrolment.LASTS
    with store.write() as tx:
        known = agents.find(tx, id)
        if known is not None and known.revoked_at is not None:
            raise NotDone(both("edge.is_revoked", agent=id))
        if expected is not None and expected != (version_of(known) if known else ""):
            raise NotDone(both("edge.changed_meanwhile", agent=id))
        if known is None and registry.locked(tx, client.id) is not None:
            raise NotDone(both("clients.id_taken", client=id))
        agents.add(
            tx,
            id,
            agency=agency or (known.agency if known else ""),
            digest=enrolment.digest(code),
            until=until,
            now=by["now"],
        )
        audit.record(tx, action="edge.add", object=id, **by)
    return Code(code, until)


def enrol(
    store: Store,
    code: str,
    *,
    devices: Collection[str] | None = None,
    former_key: str = "",
    former_spool: str | None = None,
    address: str,
    now: datetime,
) -> NewKey | None:
    """Return the key for a code that is open, None for any other; older keys end.

    A workstation that was set up again is the same agent: the disk of the old one opens nothing.
    `devices`: the names of those that it hosts, None where it does not say. `former_key`: of the
    agent whose spool it takes over, with the numbers that were reserved for it, see `Enrolment`;
    `former_spool`: the id of that spool.
    """
    with store.write() as tx:
        found = agents.by_code(tx, enrolment.digest(code))
        if found is None or found.code_until is None or found.code_until <= now:
            return None
        if found.revoked_at is not None:
            return None
        registry.add(tx, _client(found.id), now=now)
        for secret in kept.of_client(tx, found.id):
            kept.retire(tx, found.id, secret.prefix, now=now)
        key = _issue(tx, found.id, now)
        # What the old disk drew and had not told may be in somebody's hands.
        numbers.give_back(tx, found.id, before=None, now=now)
        others = _take_over(tx, found.id, former_key, former_spool)
        agents.enrolled(tx, found.id, devices=devices, former=others, now=now)
        notes = [f"from {address}", *(f"took over {it}" for it in others)]
        if found.copied:  # the finding ends with the old key; what was in question stays here
            notes.append(f"was copied, {copies.described(found.copied)}")
        reason = "; ".join(notes)[:500]
        what = f"{found.id} {key.prefix}"
        audit.record(tx, found.id, "edge.enrol", object=what, reason=reason, now=now)
    return NewKey(found.id, found.agency, key.text)


def _take_over(tx: Tx, id: str, key: str, spool: str | None) -> list[str]:
    """Return the other agents whose spool the holder of a key has; what is under way goes on."""
    former = _former(tx, key)
    if spool and id in former:
        sequences.forget_spool(tx, id, spool)
    return [it for it in former if it != id]


def _former(tx: Tx, key: str) -> list[str]:
    """Return the agents whose spool the holder of a key has, the last one first."""
    prefix, _, digest = key.partition(":")
    secret = kept.ever(tx, prefix) if digest else None
    if secret is None or not hmac.compare_digest(secret.digest, digest):
        return []
    known = agents.find(tx, secret.client)
    return [] if known is None else [known.id, *known.former][:MOST_FORMER]


def revoke(store: Store, id: str, *, expected: str | None = None, by: SignedBy) -> None:
    """Revoke an agent: its key opens nothing from now on, its numbers are given back.

    What its spool holds stays on the workstation, and what is offered to its printers goes back.
    `expected`: the version that the person saw. Raises NotDone.
    """
    with store.write() as tx:
        _must_be_live(tx, id, expected)
        agents.revoke(tx, id, now=by["now"])
        registry.retire(tx, id, now=by["now"])
        numbers.give_back(tx, id, before=None, now=by["now"])
        states.forget_agent(tx, id)
        print_jobs.end_offers(tx, id)
        audit.record(tx, action="edge.revoke", object=id, **by)


def accept_gaps(store: Store, id: str, *, expected: str | None = None, by: SignedBy) -> int:
    """Take the missing events of an agent, and what a replaced spool held, as lost.

    Return of how many devices. Raises NotDone.
    """
    with store.write() as tx:
        known = _must_be_live(tx, id, expected)
        count = sequences.forget_missing(tx, id, spool=known.spool)
        if not count:
            raise NotDone(both("edge.no_gap", agent=id))
        audit.record(tx, action="edge.accept_gaps", object=id, **by)
    return count


def accept_devices(
    store: Store, id: str, *, expected: str | None = None, by: SignedBy
) -> list[str]:
    """Take the devices that an agent reports as its own; return the new ones. Raises NotDone."""
    with store.write() as tx:
        known = _must_be_live(tx, id, expected)
        reported = {it.name for it in known.report.devices} if known.report else set[str]()
        new = sorted(reported - (known.devices or frozenset()))
        if not new:
            raise NotDone(both("edge.no_new_device", agent=id))
        agents.keep_devices(tx, id, reported)
        audit.record(tx, action="edge.accept_devices", object=f"{id} {' '.join(new)}"[:500], **by)
    return new


def forget_old_numbers(tx: Tx, today: date) -> None:
    """Remove blocks of numbers that nobody asks for any more."""
    numbers.forget_old(tx, date.fromordinal(today.toordinal() - NUMBERS_KEPT_DAYS))


def _must_be_live(tx: Tx, id: str, expected: str | None) -> KeptAgent:
    known = agents.find(tx, id)
    if known is None:
        raise NotDone(both("edge.unknown", agent=repr(id)))
    if known.revoked_at is not None:
        raise NotDone(both("edge.is_revoked", agent=id))
    if expected not in (None, version_of(known)):
        raise NotDone(both("edge.changed_meanwhile", agent=id))
    return known


def _client(id: str) -> Client:
    return checked(Client(id=id, operations=enrolment.RIGHTS, agencies=frozenset({ANY})))


def _issue(tx: Tx, id: str, now: datetime) -> api_keys.ApiKey:
    while True:
        key = api_keys.fresh()
        secret = KeptSecret(
            prefix=key.prefix,
            client=id,
            kind=KEY,
            digest=key.digest,
            made_at=now,
            expires_at=now + enrolment.KEY_LASTS,
        )
        if kept.add(tx, secret):  # a prefix that is taken is drawn again
            return key

"""Taking a dossier in without a line: a reserved number and the message, in one transaction."""

from datetime import datetime

import msgspec

from hub.edge.numbers import ReservedNumbers, ward_day
from hub.edge.spool.spool import Spool
from hub.messages import catalog
from hub.messages.envelope import place
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import DossierReceived
from hub.rules.edge.numbers import number_of

DEVICE = "counter"


def receive(spool: Spool, agent: str, form: bytes, *, now: datetime) -> str:
    """Spool a reception and return its number. `form` is the payload as JSON, without `maHoSo`.

    The time of reception is now where the form has none. Raises InvalidMessage, NoNumber and
    SpoolFull; no number is used then.
    """
    values = _values(form)
    day = ward_day(now)
    with spool.database.write() as tx:
        agency, running = ReservedNumbers(spool.database).draw(tx, day)
        number = number_of(agency, day, running)
        values |= {"maHoSo": number}
        values.setdefault("ngayTiepNhan", now.isoformat())
        try:
            payload = msgspec.convert(values, DossierReceived)
        except msgspec.ValidationError as error:
            raise InvalidMessage("payload_invalid", **place(error)) from None
        message = catalog.compose(payload, time=now, source=f"{agent}.{DEVICE}")
        catalog.read(message)
        spool.write(tx, message)
    spool.on_accept()
    return number


def _values(form: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    if not isinstance(found, dict):
        raise InvalidMessage("payload_invalid", where="$", why="an object is expected")
    if "maHoSo" in found:
        why = "the number is drawn from those reserved for this workstation"
        raise InvalidMessage("payload_invalid", where="$.maHoSo", why=why)
    return found

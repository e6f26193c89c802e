"""The same operations as JSON over POST, in the style of the national synchronisation.

A login has its own address; every other call goes to one address, says its operation in the key
`service` and carries the session. What goes out is checked with the records of `contract`; what
comes back is read by their fields.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from adapters.provincial import contract
from adapters.provincial.protocol.protocol import (
    Envelope,
    Item,
    Operation,
    Result,
    done_in,
    only,
    others_in,
    procedure_in,
)
from adapters.provincial.settings import ProvincialSettings
from adapters.wire.reading import Reply
from adapters.wire.reading.documents.json import read_json
from adapters.wire.reading.documents.record import RecordReader
from adapters.wire.reading.documents.shape import Shape, shape_of
from adapters.wire.replies import expect_success
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure, PermanentFailure


class _Done(contract.Done, frozen=True, kw_only=True):
    """The reply of a writing call, with whatever else is said beside the contract."""

    keeps_others: ClassVar[bool] = True
    result: tuple[Item, ...] = ()


_SHAPES: Mapping[str, Shape] = {
    Operation.LOGIN: shape_of(contract.Login),
    Operation.LOOK_UP: shape_of(contract.LookUp),
    Operation.REGISTER: shape_of(_Done),
    Operation.ADD_STEPS: shape_of(_Done),
    Operation.PROCEDURE: shape_of(contract.ProcedureFound),
}
STEPS = "result/TienDo"
_SESSION = b'{"session":'


class RestProtocol:
    """Builds and reads JSON; safe in many threads."""

    def __init__(self, settings: ProvincialSettings) -> None:
        self._charset = settings.profile.encodings.charset
        self._may_omit = settings.profile.lookup.omits_empty_lists
        self._addresses = {it: settings.address(it) for it in Operation}

    def build(self, operation: str, arguments: Mapping[str, Any]) -> Envelope:
        """Return the request, the session's place at its beginning; see `Dialect`."""
        if operation == Operation.LOGIN:
            _check(arguments, contract.LoginCall)
            return Envelope(operation, msgspec.json.encode(arguments), b"")
        call = {"service": str(operation), **arguments}
        _check({"session": "", **call}, contract.Calls)
        return Envelope(operation, _SESSION, b"," + msgspec.json.encode(call)[1:])

    def address(self, operation: str) -> tuple[str, Mapping[str, str]]:
        """Return address and header fields; see `Dialect`."""
        fields = {"Content-Type": "application/json; charset=utf-8"}
        return self._addresses[Operation(operation)], fields

    def body(self, envelope: Envelope, session: str) -> bytes:
        """Return the bytes of the request; see `Dialect`."""
        if not envelope.after:
            return envelope.before
        return b"".join((envelope.before, msgspec.json.encode(session), envelope.after))

    def read(self, operation: str, reply: Reply) -> Result:
        """Return what the reply says; see `Dialect`."""
        try:
            value = read_json(reply, default=self._charset)
        except AmbiguousFailure:
            expect_success(reply)  # the status may say more
            raise
        reader = RecordReader(reply.findings)
        record = reader.object(value, _SHAPES[operation], "")
        result = Result(code=record["error_code"], message=record["message"])
        match operation:
            case Operation.LOGIN:
                return replace(result, session=record["session"])
            case Operation.LOOK_UP:
                found = only(record["result"], reply.findings) or {"HoSo": None, "TienDo": []}
                shown = bool(found["TienDo"]) or self._means_none(reader)
                if not shown:
                    reply.findings.add(DriftKind.MISSING_FIELD, STEPS)
                return replace(
                    result, dossier=found["HoSo"], steps=found["TienDo"], steps_shown=shown
                )
            case Operation.PROCEDURE:
                known = only(record["result"], reply.findings)
                return replace(result, procedure=procedure_in(known))
        done = done_in(record["result"], reply.findings)
        return replace(result, done=done, others=others_in(record))

    def _means_none(self, reader: RecordReader) -> bool:
        """Tell whether a list of steps that was read as empty is the province's word."""
        return not reader.unread and (self._may_omit or STEPS not in reader.absent)


def _check(arguments: Mapping[str, Any], kind: Any) -> None:
    try:
        msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        # msgspec's reason names types and limits, its place names the field.
        raise PermanentFailure("prepare_failed", str(error)) from None

"""The same operations as JSON over POST, in the style of the national synchronisation.

A login has its own address; every other call goes to one address, says its operation in the key
`service` and carries the session. What goes out and what comes back is checked with the records
of `contract`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from adapters.provincial import contract, faults
from adapters.provincial.dialect import Envelope, Operation, Result
from adapters.provincial.mapping import Fields
from adapters.provincial.settings import ProvincialSettings
from adapters.wire.reading import Reply
from adapters.wire.replies import expect_success, read_json
from hub.rules.errors import AmbiguousFailure, PermanentFailure

_REPLIES: Mapping[str, Any] = {
    Operation.LOGIN: contract.Login,
    Operation.LOOK_UP: contract.LookUp,
    Operation.REGISTER: contract.Done,
    Operation.ADD_STEPS: contract.Done,
    Operation.PROCEDURE: contract.ProcedureFound,
}
_SESSION = b'{"session":'


class RestDialect:
    """Builds and reads JSON; safe in many threads."""

    def __init__(self, settings: ProvincialSettings) -> None:
        self._login_path = settings.login_path
        self._call_path = settings.call_path

    def build(self, operation: str, arguments: Mapping[str, Any]) -> Envelope:
        """Return the request, the session's place at its beginning; see `Dialect`."""
        if operation == Operation.LOGIN:
            _check(arguments, contract.LoginCall)
            return Envelope(operation, msgspec.json.encode(arguments), b"")
        call = {"service": str(operation), **arguments}
        _check({"session": "", **call}, contract.Calls)
        return Envelope(operation, _SESSION, b"," + msgspec.json.encode(call)[1:])

    def address(self, operation: str) -> tuple[str, Mapping[str, str]]:
        """Return path and header fields; see `Dialect`."""
        path = self._login_path if operation == Operation.LOGIN else self._call_path
        return path, {"Content-Type": "application/json; charset=utf-8"}

    def body(self, envelope: Envelope, session: str) -> bytes:
        """Return the bytes of the request; see `Dialect`."""
        if not envelope.after:
            return envelope.before
        return b"".join((envelope.before, msgspec.json.encode(session), envelope.after))

    def read(self, operation: str, reply: Reply) -> Result:
        """Return what the reply says; see `Dialect`."""
        expect_success(reply)
        try:
            said = msgspec.convert(read_json(reply), _REPLIES[operation])
        except msgspec.ValidationError as error:
            raise AmbiguousFailure("reply_unreadable", _place(error)) from None
        code = faults.reply_code(said.error_code)
        match said:
            case contract.Login():
                return Result(code=code, message=said.message, session=said.session)
            case contract.LookUp(result=(found, *_)):
                return Result(
                    code=code,
                    message=said.message,
                    dossier=_fields(found.HoSo),
                    steps=[_fields(step) for step in found.TienDo],
                )
            case contract.Done():
                done = {item.MaHoSo: item.MaThamChieu for item in said.result}
                return Result(code=code, message=said.message, done=done)
            case contract.ProcedureFound(result=(known, *_)):
                procedure = (known.MATTHC, known.TENTTHC)
                return Result(code=code, message=said.message, procedure=procedure)
        return Result(code=code, message=said.message)


def _check(arguments: Mapping[str, Any], kind: Any) -> None:
    try:
        msgspec.convert(arguments, kind)
    except msgspec.ValidationError as error:
        # msgspec's reason names types and limits, its place names the field.
        raise PermanentFailure("prepare_failed", str(error)) from None


def _fields(record: msgspec.Struct) -> Fields:
    fields: Fields = msgspec.to_builtins(record)
    return fields


def _place(error: msgspec.ValidationError) -> str:
    """Return where a reply breaks its schema; the reason may quote the reply."""
    return str(error).rpartition("`$")[2].rstrip("`") or "$"

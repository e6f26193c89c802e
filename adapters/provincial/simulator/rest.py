"""The simulated province's JSON: requests checked with the contract, replies in its shapes."""

import re
from typing import Any

import msgspec

from adapters.provincial import contract
from adapters.provincial.protocol.protocol import Operation
from adapters.provincial.simulator.office import OfficeReply
from adapters.simulation.partner import Answer
from hub.messages.invalid import InvalidMessage

_SERVICE = re.compile(rb'"service"\s*:\s*"([A-Za-z]{1,40})"')


def service(body: bytes) -> str:
    """Return the operation that a body seems to ask for, without reading it."""
    found = _SERVICE.search(body)
    return found[1].decode() if found else ""


def read(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return the operation and its arguments; raises InvalidMessage."""
    try:
        arguments = msgspec.json.decode(body, type=dict[str, Any])
        msgspec.convert(arguments, contract.Calls if "service" in arguments else contract.LoginCall)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidMessage("json_broken", where="$", why=str(error)) from None
    return arguments.get("service", Operation.LOGIN), arguments


def write(operation: str, office_reply: OfficeReply, *, number: str = "") -> Answer:
    """Return the reply of an operation; `number` is the dossier of the call."""
    reply: dict[str, Any] = {"error_code": office_reply.code, "message": office_reply.message}
    if operation == Operation.LOGIN:
        reply["session"] = office_reply.session
    elif office_reply.found:
        reply["result"] = [{"HoSo": office_reply.found.fields, "TienDo": office_reply.found.steps}]
    elif office_reply.procedure:
        code, name = office_reply.procedure
        reply["result"] = [{"MATTHC": code, "TENTTHC": name}]
    else:
        reply["result"] = [
            {"MaHoSo": n, "MaThamChieu": reference} for n, reference in office_reply.done
        ]
    return Answer(body=msgspec.json.encode(reply), number=number)


def broken(error: InvalidMessage) -> Answer:
    """Return the answer to a request that cannot be read."""
    reply = {"error_code": -4, "message": f"{error.where}: {error.why}"}
    return Answer(status=400, body=msgspec.json.encode(reply))


def server_error() -> Answer:
    """Return an error of the server."""
    reply = {"error_code": -9, "message": "Lỗi hệ thống"}
    return Answer(status=500, body=msgspec.json.encode(reply))

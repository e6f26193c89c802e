"""A province to deliver to: the same SOAP and REST interface, with a ledger and faults on demand.

Serves the demo, the tests and an operator's drill before go-live. `main` runs it until SIGTERM;
the kit in `adapters.simulation` brings ports, faults and ledger.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from adapters.provincial.protocol.protocol import Operation
from adapters.provincial.settings import SCHEMAS
from adapters.provincial.simulator import rest, soap
from adapters.provincial.simulator.office import (
    REFUSED,
    SESSION_OVER,
    UNDOCUMENTED,
    Office,
    OfficeReply,
)
from adapters.simulation import serve, served_contract
from adapters.simulation.dialects.speech import Setting
from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger
from adapters.simulation.options import add_dialect_options, dialect_of
from adapters.simulation.partner import Answer, Call, LookUp, Partner
from hub.messages.invalid import InvalidMessage

USERNAME = "phuong"
PASSWORD = "chi-de-thu"  # noqa: S105 - "for trying only"; a real province has its own
SOAP_PATH = "/soap"
LOGIN_PATH = "/mapi/login"
CALL_PATH = "/mapi/g"


class Province(Partner):
    """The province when it is well."""

    name = "province"

    def __init__(self, ledger: Ledger, faults: Faults, office: Office) -> None:
        super().__init__(ledger, faults)
        self.office = office

    def contract(self, call: Call) -> Answer | None:
        """Return a document of the contract, None for any other call."""
        if call.method != "GET":
            return None
        if call.path == SOAP_PATH:
            return served_contract.wsdl(call, SCHEMAS)
        return served_contract.openapi(call, SCHEMAS / "openapi.yaml")

    def operation(self, call: Call) -> str:
        if self.contract(call) is not None:
            return served_contract.OPERATION
        if call.path == SOAP_PATH:
            return call.header(b"soapaction").rpartition(b"#")[2].strip(b'"').decode("latin-1")
        return Operation.LOGIN if call.path == LOGIN_PATH else rest.service(call.body)

    async def answer(self, call: Call) -> Answer:
        if (served := self.contract(call)) is not None:
            return served
        if call.method != "POST" or call.path not in {SOAP_PATH, LOGIN_PATH, CALL_PATH}:
            return Answer(status=404)
        try:
            if call.path == SOAP_PATH:
                operation, arguments = soap.read(call.body)
            else:
                operation, arguments = rest.read(call.body)
        except InvalidMessage as error:
            if call.path == SOAP_PATH:
                return soap.fault("Client", f"{error.where}: {error.why}")
            return rest.broken(error)
        reply = await self._do(operation, arguments, call.look_up)
        return self._write(call, operation, reply, number=_number(arguments))

    async def _do(self, operation: str, arguments: dict[str, Any], seen: LookUp) -> OfficeReply:
        if operation == Operation.LOGIN:
            return self.office.log_in(arguments.get("username", ""), arguments.get("password", ""))
        if not self.office.knows(str(arguments.get("session", ""))):
            return SESSION_OVER
        match operation:
            case Operation.REGISTER:
                updating = arguments.get("isUpdating") == "True"
                return await self.office.register(arguments["data"], updating=updating)
            case Operation.ADD_STEPS:
                return await self.office.add_steps(arguments["data"])
            case Operation.LOOK_UP:
                return self.office.look_up(arguments.get("mahoso", ""), seen)
            case Operation.PROCEDURE:
                return self.office.procedure(arguments.get("maTTHC", ""))
        return REFUSED

    def _write(self, call: Call, operation: str, reply: OfficeReply, *, number: str) -> Answer:
        write = soap.write if call.path == SOAP_PATH else rest.write
        answer = write(operation, reply, number=number)
        if request_id := call.header(b"x-request-id"):
            answer.fields.append((b"x-request-id", request_id))
        return replace(answer, session_over=True) if reply is SESSION_OVER else answer

    def refusal(self, call: Call) -> Answer:
        return self._write(call, self.operation(call), REFUSED, number="")

    def unknown_code(self, call: Call) -> Answer:
        return self._write(call, self.operation(call), UNDOCUMENTED, number="")

    def server_fault(self, call: Call) -> Answer:
        if call.path == SOAP_PATH:
            return soap.fault("Server", "Lỗi hệ thống")
        return rest.server_error()

    def expire_sessions(self) -> None:
        self.office.forget_sessions()


def _number(arguments: dict[str, Any]) -> str:
    data = arguments.get("data")
    return str(data[0]["MaHoSo"]) if data else str(arguments.get("mahoso", ""))


def run(
    *,
    ledger: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    seed: int = 0,
    username: str = USERNAME,
    password: str = PASSWORD,
    session_life: timedelta = timedelta(minutes=30),
    procedures: Mapping[str, str] | None = None,
    dialect: Setting | None = None,
) -> None:
    """Run a province until SIGTERM or SIGINT; see `adapters.simulation.serve`."""

    def make(book: Ledger, faults: Faults) -> Province:
        office = Office(
            book,
            username=username,
            password=password,
            session_life=session_life,
            procedures=procedures,
        )
        return Province(book, faults, office)

    serve.run(
        make,
        ledger=ledger,
        host=host,
        port=port,
        control_port=control_port,
        seed=seed,
        dialect=dialect,
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="hub simulate province", description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True, help="SQLite file, kept")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at")
    parser.add_argument("--port", type=int, default=0, help="of the service; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="of faults with a probability")
    parser.add_argument("--username", default=USERNAME)
    parser.add_argument("--password", default=PASSWORD)
    parser.add_argument("--password-file", type=Path, help="instead of --password")
    parser.add_argument("--session-seconds", type=float, default=1800.0)
    parser.add_argument("--procedures", type=Path, help="JSON file: code -> name of each one known")
    add_dialect_options(parser)
    given = parser.parse_args(argv)
    known = given.procedures.read_bytes() if given.procedures else b"null"
    file = given.password_file
    run(
        ledger=given.ledger,
        host=given.host,
        port=given.port,
        control_port=given.control_port,
        seed=given.seed,
        username=given.username,
        password=file.read_text(encoding="utf-8").strip() if file else given.password,
        session_life=timedelta(seconds=given.session_seconds),
        procedures=msgspec.json.decode(known, type=dict[str, str] | None),
        dialect=dialect_of(given),
    )

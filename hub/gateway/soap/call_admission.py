"""The admission of one SOAP call: before its first file is stored, else when it was read.

A call that is broken before it could be admitted is counted and audited as a refused one, so that
broken calls are no way around a client's quota. Not here: who calls.
"""

from dataclasses import dataclass, field

from lxml import etree

from hub.gateway.clients.authorization import Authorization
from hub.gateway.clients.caller import GatewayCaller
from hub.gateway.clients.client_calls import CallerAndCall
from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.partner_calls import operations
from hub.gateway.partner_calls.operations import Operation, agency_of, agency_of_number
from hub.gateway.partner_calls.refusals import RefusedCall
from hub.gateway.soap import contract
from hub.gateway.soap.names import NS, NUMBER

PATH = "/soap"
CALL = "soap.call"
"""What an identified caller does before its operation is known."""


@dataclass(slots=True)
class CallAdmission:
    """Belongs to one call of an identified caller."""

    authorization: Authorization
    caller: GatewayCaller
    number: str = ""
    """Of the dossier, once it was read."""
    _admitted: tuple[str, str] | None = field(default=None)
    """Operation and agency."""

    async def before_files(self, called: etree._Element) -> None:
        """Admit a call whose first file begins. Raises RefusedCall, CallerRefused."""
        if self._admitted is not None:
            return
        operation = operation_of(called)
        if operation.right not in operations.FILE_RIGHTS:
            why = f"{operation.name} takes no files"
            raise RefusedCall("call_invalid", where="tepDinhKem", why=why)
        number = (called.findtext(NUMBER) or "").strip()
        if not number:
            raise RefusedCall("call_invalid", where="maHoSo", why="it stands before the files")
        agency, self.number = agency_of_number(number), number
        self._admitted = operation.name, agency
        await self.authorization.admit(
            self.caller, operation=operation.right, object=_object(operation), agency=agency
        )

    async def when_read(self, operation: Operation, record: object) -> CallerAndCall | None:
        """Return a call that was read and may be made, to be counted with its effect; None where
        it was admitted before its first file. Raises RefusedCall and CallerRefused.
        """
        agency, self.number = agency_of(record), getattr(record, "number", "")
        if self._admitted is None:
            self._admitted = operation.name, agency
            return await self.authorization.authorize(
                self.caller, operation=operation.right, object=_object(operation), agency=agency
            )
        if self._admitted != (operation.name, agency):
            raise RefusedCall("call_invalid", where="Body", why="it was read in two ways")
        return None

    async def refused(self, error: Exception, refusal: RefusedCall) -> None:
        """Count a call that was refused for what it is; refusals of the caller are written down."""
        if self._admitted is None and refusal.status < 500 and not isinstance(error, CallerRefused):
            await self.authorization.count_refused(
                self.caller, operation=CALL, object=PATH, code=refusal.code
            )


def operation_of(element: etree._Element) -> Operation:
    """Return the operation that an element calls; raises RefusedCall."""
    name = contract.operation_of(element)
    operation = operations.BY_NAME.get(name)
    if operation is None:
        why = f"the contract has no such operation in {NS}"
        raise RefusedCall("call_invalid", where=f"Body/{name}" if name else "Body", why=why)
    return operation


def _object(operation: Operation) -> str:
    return f"{PATH}/{operation.name}"

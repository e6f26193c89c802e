"""A refusal of an operation: a stable code, its place and cause.

Nothing was stored, except where the code is `acceptance_unknown`. HTTP status, sentences and what
to do belong to the code (`hub/rules/failures/fault_codes.py`).
"""

from collections.abc import Mapping

from hub.gateway.clients.refusal import CallerRefused
from hub.gateway.error_responses import unavailable_code
from hub.messages.invalid import InvalidMessage
from hub.rules.failures.errors import FAULTS
from hub.texts import Text

AGAIN_AFTER = 5
"""Seconds after which a call that the hub could not take is worth a repeat."""


class RefusedCall(Exception):
    """An operation was refused. `where` names a field or path, `why` the cause: never a value."""

    def __init__(
        self,
        code: str,
        where: str = "",
        why: str = "",
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code} at {where}: {why}")
        self.code = code
        self.fault = FAULTS[code]
        self.where = where
        self.why = why
        self.headers = headers or {}
        self.members = members or {}
        """What the problem document says besides, for programs."""
        self._status = status
        """HTTP status where it is another one than the code's."""

    @property
    def status(self) -> int:
        """HTTP status."""
        return self._status or self.fault.status

    @property
    def text(self) -> Text:
        """What is told to a person, in both languages."""
        return self.fault.text

    def guide(self, address: str) -> str:
        """Return where the hub says what to do about the code."""
        return f"{address}{self.fault.guide}"

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the same call may be repeated, None where that is useless."""
        if self.code == "call_in_flight":
            return 1
        if seconds := self.headers.get("Retry-After"):
            return int(seconds)
        return AGAIN_AFTER if self.status >= 500 else None


def refusal_of(error: Exception) -> RefusedCall | None:
    """Return the refusal that an exception stands for, None for a fault of our own."""
    match error:
        case RefusedCall():
            return error
        case CallerRefused():
            return RefusedCall(error.code, headers=error.headers)
        case InvalidMessage():
            return RefusedCall(error.code, error.where.replace("$.payload", "$", 1), error.why)
        case _ if code := unavailable_code(error):
            why = {"scanner_away": str(error), "acceptance_unknown": "the commit was not confirmed"}
            return RefusedCall(code, why=why.get(code, ""))
        case _:
            return None

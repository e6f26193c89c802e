"""The agent's line to the hub: calls that carry its key, with answers that are read or named.

A call ends in an answer, or in one of two failures: the hub cannot be reached or cannot take it now
(the same call is made again later), or the hub refuses the agent itself (a person has to act).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import msgspec

from hub.rules.clock_skew import ahead
from hub.rules.failures.errors import DeliveryFailure

AnswerT = TypeVar("AnswerT")
_MILLISECOND = timedelta(milliseconds=1)
_AGENT_REFUSED = (401, 403)
_LATER = (408, 409, 423, 425, 429)
_TOO_LARGE = 413
_NOT_FOUND = 404
_GONE = (_NOT_FOUND, 410)


class HubAway(Exception):
    """The hub did not answer, or cannot take it now: nothing is known, and the call is repeated."""


class NotThere(HubAway):
    """Nobody answers under this address: an older hub, or what stands before a hub that is away."""


class AgentRefused(Exception):
    """The hub does not let this agent in: its key has ended or was revoked."""


class CallRefused(Exception):
    """The hub refused this call for good; its code says why."""

    def __init__(self, status: int, code: str, why: str) -> None:
        super().__init__(f"{code or status}: {why}" if why else code or str(status))
        self.status = status
        self.code = code


class HttpReply(Protocol):
    """An HTTP reply."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]: ...
    @property
    def body(self) -> bytes: ...


class HttpWire(Protocol):
    """What makes one HTTP call to the hub, see `adapters/wire/http.py`."""

    def call(
        self,
        method: str,
        target: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        reply_timeout: timedelta | None = None,
    ) -> HttpReply: ...


@dataclass(slots=True)
class HubLine:
    """Calls the hub; threads share it."""

    wire: HttpWire
    key: str
    skew: timedelta = timedelta()
    """By how much the hub's clock is ahead of ours, as of the last answer."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    last_answer: float | None = None
    """By `time.monotonic`: when the hub answered last."""
    trouble: str = ""
    """Why the last call had no answer, "" when it had one."""

    def request(self, path: str, record: msgspec.Struct, answer: type[AnswerT]) -> AnswerT:
        """Make a call of the agents' own and return its answer.

        Raises HubAway, AgentRefused, CallRefused.
        """
        sent = self.clock()
        headers = {"Content-Type": "application/json"}
        reply = self.call("POST", path, body=msgspec.json.encode(record), headers=headers)
        received = self.clock()
        try:
            found = msgspec.json.decode(reply.body, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HubAway(f"the answer cannot be read: {type(error).__name__}") from None
        shown = getattr(found, "time", None)
        if isinstance(shown, datetime):
            self.skew = ahead(shown, sent=sent, received=received, exact_to=_MILLISECOND)
        return found

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Make a call and return its reply of success. Raises as `request` does."""
        try:
            reply = self._made(method, path, body=body, headers=headers or {})
        except (HubAway, AgentRefused) as failure:
            self.trouble = str(failure)
            raise
        self.trouble = ""
        return reply

    def _made(
        self, method: str, path: str, *, body: bytes, headers: Mapping[str, str]
    ) -> HttpReply:
        login = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        try:
            reply = self.wire.call(method, path, body=body, headers={**login, **headers})
        except DeliveryFailure as failure:
            raise HubAway(str(failure)) from None
        self.last_answer = time.monotonic()
        if reply.status < 300:
            return reply
        code, why = _problem(reply.body)
        if reply.status in _AGENT_REFUSED:
            raise AgentRefused(f"HTTP {reply.status} {code}".strip())
        if reply.status in _LATER or reply.status >= 500 or not _is_of_hub(method, reply, code):
            kind = NotThere if reply.status == _NOT_FOUND else HubAway
            raise kind(f"HTTP {reply.status} {code}".strip())
        raise CallRefused(reply.status, code, why)


def _is_of_hub(method: str, reply: HttpReply, code: str) -> bool:
    """Tell whether a refusal is the hub's own, which names its code.

    What a proxy or a portal says (404 while the hub is set up anew, a redirect to a login) is no
    word on an event, which would wait for a person then. An answer to HEAD has no body; and a size
    is too large for each of them.
    """
    return bool(code) or reply.status == _TOO_LARGE or (method == "HEAD" and reply.status in _GONE)


def _problem(body: bytes) -> tuple[str, str]:
    """Return code and cause of a problem document, "" where it has none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("code", ""))[:60], str(found.get("why", found.get("detail", "")))[:200]

"""One call of a rehearsal: made once, timed, and taken apart as far as it can be read.

Each adapter says how its replies are read (`CallReading`); what went wrong is kept beside what was
read, because an unknown code with its words is what a rehearsal looks for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from adapters.wire.connections.hosts import HostConnections
from adapters.wire.login.login_end import login_end
from adapters.wire.profile import Means, Profile
from adapters.wire.reading import Findings, Reply
from adapters.wire.rehearsal.records import HeardReply, Shown
from hub.ports import Answer, Drift, Request
from hub.rules.failures.errors import DeliveryFailure, TransientFailure

TRIES = 4
"""Of a call that changes nothing, where its failure passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What an adapter reads out of a reply, before anything is concluded."""

    code: str
    message: str
    token: str = ""
    shown: Shown | None = None
    names: bool = False


class CallReading(Protocol):
    """How one partner's replies are read; both raise DeliveryFailure."""

    def hear(self, operation: str, reply: Reply) -> Heard:
        """Return what the reply says."""

    def classify(self, operation: str, reply: Reply, heard: Heard) -> Means:
        """Return what that means under the profile."""


class Caller:
    """Makes the calls of one rehearsal."""

    def __init__(self, wires: HostConnections, profile: Profile, reading: CallReading) -> None:
        self._wires, self._profile, self._reading = wires, profile, reading

    def call(
        self,
        operation: str,
        method: str,
        address: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> HeardReply:
        """Make one call and return what came of it."""
        echo = self._profile.echo.header
        wire, target = self._wires.to(address)
        sent, began = datetime.now(UTC), time.monotonic()
        reply: Reply | None = None
        failure: DeliveryFailure | None = None
        try:
            reply = wire.call(
                method, target, body=body, headers=headers, echo=echo, operation=operation
            )
        except DeliveryFailure as error:
            failure = error
        duration, received = timedelta(seconds=time.monotonic() - began), datetime.now(UTC)
        if reply is None:
            return HeardReply(operation=operation, failure=failure, duration=duration)
        ahead = reply.clock_ahead(sent=sent, received=received)
        heard_reply = HeardReply(operation=operation, reply=reply, duration=duration, ahead=ahead)
        return self.read(heard_reply)

    def read(self, heard_reply: HeardReply) -> HeardReply:
        """Read the reply of a call, perhaps anew."""
        reply = heard_reply.reply
        if reply is None:
            return heard_reply
        operation = heard_reply.operation
        of_the_line = reply.findings.drift
        findings = Findings(reply.findings.partner, operation)
        reply = replace(reply, findings=findings)
        clean = replace(
            heard_reply,
            failure=None,
            means=None,
            code="",
            message="",
            token="",
            shown=None,
            end=None,
        )
        read = self._read(clean, operation, reply)
        drift: dict[tuple[str, str], Drift] = {
            (it.kind, it.place): it for it in (*heard_reply.drift, *of_the_line, *findings.drift)
        }
        return replace(read, drift=tuple(drift.values()))

    def _read(self, heard_reply: HeardReply, operation: str, reply: Reply) -> HeardReply:
        end = login_end(reply, self._profile.session)
        if end is not None:
            return replace(heard_reply, end=end, means=Means.SESSION_OVER)
        try:
            heard = self._reading.hear(operation, reply)
        except DeliveryFailure as failure:
            return replace(heard_reply, failure=failure)
        heard_reply = replace(
            heard_reply,
            code=heard.code,
            message=heard.message,
            token=heard.token,
            shown=heard.shown,
            names=heard.names,
        )
        try:
            return replace(heard_reply, means=self._reading.classify(operation, reply, heard))
        except DeliveryFailure as failure:
            return replace(heard_reply, failure=failure)


def concluded(find: Callable[[Request], Answer], request: Request) -> Answer | DeliveryFailure:
    """Return what the hub's own question comes to; a failure that passes is asked again."""
    for _ in range(TRIES - 1):
        try:
            return find(request)
        except TransientFailure:
            continue
        except DeliveryFailure as failure:
            return failure
    try:
        return find(request)
    except DeliveryFailure as failure:
        return failure

"""Whether a reply belongs to the call that it came for: the mark that a partner gives back.

A call carries a mark of its own in a header field. The reply that brings the mark back is the reply
to that call. One that does not may be a copy of an earlier reply, which a server or a gateway sent
once too often; so it is believed only as the first and only thing that came over its connection. A
mark of the hub's own making that belongs to another call is never believed.
"""

import socket
import uuid

from adapters.wire.reading import Reply
from adapters.wire.reading.transport.framing import Ending
from hub.ports import DriftKind
from hub.rules.failures.errors import AmbiguousFailure

_OURS = "hub-"
GRACE = 0.2
"""Seconds in which a reply without the mark may turn out to have something behind it."""


def new_mark() -> str:
    """Return the mark of a call: no gateway makes one like it."""
    return f"{_OURS}{uuid.uuid4().hex}"


def check_first(reply: Reply, name: str, sent: str, *, used: bool, ending: Ending) -> bool:
    """Return whether the reply brought the mark back; raises AmbiguousFailure for another call's.

    `name` is the header field, "" where the partner gives nothing back. `used` tells that the
    connection carried a call before.
    """
    given = [it.casefold() for it in reply.every(name.lower())] if name else []
    if sent.casefold() in given and name:
        return True
    findings = reply.findings
    if any(it.startswith(_OURS) for it in given):
        raise _foreign(reply, name, "the reply is to another call")
    if used:
        raise _foreign(reply, name, "no mark of this call, on a connection that was used before")
    if ending is Ending.BEHIND:
        raise _foreign(reply, name or "HTTP", "more than one reply came for one call")
    if name:
        findings.add(DriftKind.ECHO, f"{name} {'changed' if any(given) else 'missing'}")
    return False


def check_last(reply: Reply, sock: socket.socket) -> None:
    """Raise AmbiguousFailure when more comes behind a reply without the mark.

    A refusal makes the hub send again, so the end of the connection is waited for, for a moment.
    """
    sock.settimeout(0.0 if 200 <= reply.status < 300 else GRACE)
    try:
        more = sock.recv(1)
    except OSError:  # nothing there, or the connection is gone
        return
    if more.strip(b"\r\n"):
        raise _foreign(reply, "HTTP", "more than one reply came for one call")


def _foreign(reply: Reply, place: str, read: str) -> AmbiguousFailure:
    if reply.status >= 500:  # its effect is unknown, whatever call it answers
        return AmbiguousFailure("reply_server_error", f"HTTP {reply.status}, {read}")
    fix = "the hub asks the partner; when it comes often, look for a gateway that mixes replies up"
    return reply.findings.refuse(place, f"HTTP {reply.status}, {read}", fix=fix)

"""What an agent and the hub say to one another: JSON over HTTPS, each call by the agent.

An agent is heard at `/edge/...` with its key as a bearer token. Every answer has the hub's time.
The same call may be made again at any time: an event by the id of its message, the outcome of a
work by its id.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hub.messages.envelope import Word
from hub.rules.edge.numbers import Block

ENROL: Final = "/edge/enrolment"
EVENTS: Final = "/edge/events"
HEARTBEAT: Final = "/edge/heartbeat"
NUMBERS: Final = "/edge/numbers"
MOST_EVENTS: Final = 200
"""Events of one call."""
MOST_BYTES: Final = 2 * 1024 * 1024
"""Bytes of one call."""
STORED, REPEAT, REFUSED = "stored", "repeat", "refused"
AGENT_ITSELF: Final = "edge_agent"
"""Kind of the device that stands for the agent itself."""

SpoolId = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
Line = Annotated[str, Meta(max_length=200)]
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Enrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The call with a one-time code, without a key."""

    code: Annotated[str, Meta(max_length=40)]


class Enrolled(Struct, frozen=True, kw_only=True):
    """What the agent is from now on; the key is shown this once."""

    agent: str
    key: str
    agency: str
    time: datetime


class EdgeEvent(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One event of a device, in the order of its sequence."""

    device: Word
    """`<agent>.<device>`, the source of the message."""
    sequence: Annotated[int, Meta(ge=1, le=2**53)]
    message: msgspec.Raw
    """The message, see `hub/messages/envelope.py`. Its files were stored before."""


class EdgeBatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events of one spool."""

    spool: SpoolId
    """Made with the spool: a new one begins its sequences anew."""
    events: Annotated[list[EdgeEvent], Meta(min_length=1, max_length=MOST_EVENTS)]


class EdgeResult(Struct, frozen=True, kw_only=True):
    """What became of an event. Only after this answer the agent lets it go."""

    device: str
    sequence: int
    outcome: str
    """`stored`, `repeat` or `refused`; what is refused would be refused again."""
    code: str = ""
    where: str = ""
    why: str = ""


class EdgeResults(Struct, frozen=True, kw_only=True):
    """One result an event, in the order of the events."""

    time: datetime
    results: list[EdgeResult]


class EdgeFinding(Struct, frozen=True, kw_only=True):
    """A finding of a device check."""

    code: Annotated[str, Meta(max_length=60)]
    evidence: Line = ""


class EdgeDevice(Struct, frozen=True, kw_only=True):
    """A device of the agent, as it was at its last check."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    kind: Annotated[str, Meta(max_length=40)]
    place: Line = ""
    findings: Annotated[list[EdgeFinding], Meta(max_length=20)] = []


class EdgeHeartbeat(Struct, frozen=True, kw_only=True):
    """How an agent is."""

    version: Annotated[str, Meta(max_length=40)]
    spool: SpoolId
    waiting: Count
    """Events that the hub has not answered."""
    refused: Count
    """Events that the hub refused and a person has to look at."""
    oldest_at: datetime | None
    used_bytes: Count
    budget_bytes: Count
    room_days: int | None
    skew_ms: int
    """By how much the hub's clock is ahead of the agent's."""
    findings: Annotated[list[EdgeFinding], Meta(max_length=20)] = []
    devices: Annotated[list[EdgeDevice], Meta(max_length=50)] = []


class HeartbeatTaken(Struct, frozen=True, kw_only=True):
    """The heartbeat is stored."""

    time: datetime


class NumbersReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent holds; blocks of days that are over are given back by naming them."""

    blocks: Annotated[list[Block], Meta(max_length=200)] = []


class NumbersGiven(Struct, frozen=True, kw_only=True):
    """The blocks that the agent holds from now on; any other one it forgets."""

    time: datetime
    blocks: list[Block]

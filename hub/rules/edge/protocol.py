"""What an agent and the hub say to one another: JSON over HTTPS, each call by the agent.

An agent is heard at `/edge/...` with its key as a bearer token. Every answer has the hub's time.
The same call may be made again at any time: an event by the id of its message, the outcome of a
work by its id.
"""

from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hub.messages.envelope import MediaType, Sha256, Word
from hub.rules.edge.numbers import Block
from hub.rules.edge.print_jobs import JobState
from hub.rules.edge.room import MOST_DAYS

ENROL: Final = "/edge/enrolment"
EVENTS: Final = "/edge/events"
HEARTBEAT: Final = "/edge/heartbeat"
NUMBERS: Final = "/edge/numbers"
NEXT_PRINT: Final = "/edge/prints/next"
PRINT_DOCUMENT: Final = "/edge/prints/{job}/document"
PRINT_REPORT: Final = "/edge/prints/report"
MOST_EVENTS: Final = 200
"""Events of one call."""
MOST_BYTES: Final = 2 * 1024 * 1024
"""Bytes of one call."""
MOST_DEVICES: Final = 50
"""Devices of an agent."""
MOST_SKEW_MS: Final = 100 * 365 * 86_400_000
"""A hundred years: the clock of a machine without a battery begins in 1970."""
MOST_DOCUMENT: Final = 8 * 1024 * 1024
"""Bytes of a paper that an agent prints."""
STORED, REPEAT, REFUSED = "stored", "repeat", "refused"
SILENT_AFTER: Final = timedelta(minutes=2)
"""Without a heartbeat for so long an agent is silent; it reports each half minute."""
AGENT_ITSELF: Final = "edge_agent"
"""Kind of the device that stands for the agent itself."""

SpoolId = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
DeviceName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,39}\Z")]
"""As in a file of devices."""
# Trap: `$` also stands before a line end, `\Z` does not.
Line = Annotated[str, Meta(max_length=200)]
_PLAIN: Final = r"^[^\x00-\x1f\x7f]*\Z"
Count = Annotated[int, Meta(ge=0, le=2**53)]


class Enrolment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The call with a one-time code, without a key."""

    code: Annotated[str, Meta(max_length=40)]
    devices: Annotated[list[DeviceName], Meta(max_length=MOST_DEVICES)] | None = None
    """What the workstation hosts; None where an older agent does not say."""
    former_key: Annotated[str, Meta(pattern=r"^([a-z2-7]{8}:[0-9a-f]{64})?\Z")] = ""
    """Prefix and hash of the key of the directory until now, ended or not: whose spool is taken
    over. The hash opens nothing."""
    former_spool: SpoolId | None = None
    """Whose waiting events go on in a new spool."""


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

    name: DeviceName
    kind: Annotated[str, Meta(max_length=40, pattern=r"^[a-z_]+\Z")]
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
    oldest_at: Annotated[datetime, Meta(tz=True)] | None
    used_bytes: Count
    budget_bytes: Count
    room_days: Annotated[int, Meta(ge=0, le=MOST_DAYS)] | None
    skew_ms: Annotated[int, Meta(ge=-MOST_SKEW_MS, le=MOST_SKEW_MS)]
    """By how much the hub's clock is ahead of the agent's; one beyond the bound is cut to it."""
    findings: Annotated[list[EdgeFinding], Meta(max_length=20)] = []
    devices: Annotated[list[EdgeDevice], Meta(max_length=MOST_DEVICES)] = []
    papers: Count = 0
    """Papers of which the hub does not know yet what became of them."""


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


JobId = Annotated[int, Meta(ge=1, le=2**53)]
Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]


class PrintWanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agent asks for a paper to print, and says which ones it has."""

    token: Token
    """Drawn and stored by the agent before it asks: the same question gets the same job, so that a
    lost answer loses none. Another question never gets it."""
    printers: Annotated[list[DeviceName], Meta(max_length=50)] = []
    """Those that may print now; none only renews."""
    holding: Annotated[list[JobId], Meta(max_length=200)] = []
    """Jobs whose end the agent still has to report; their leases are renewed."""


class PrintJob(Struct, frozen=True, kw_only=True):
    """A paper that the agent has taken."""

    id: JobId
    printer: DeviceName
    message_id: Word
    number: Word
    """The dossier's; with the message's id it is the name of the printer's job."""
    sha256: Sha256
    media_type: MediaType
    copies: Annotated[int, Meta(ge=1, le=20)]
    wanted_at: Annotated[datetime, Meta(tz=True)]


class PrintOffer(Struct, frozen=True, kw_only=True):
    """The job that the agent has from now on, None for none."""

    time: datetime
    job: PrintJob | None = None


class PrintReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a job; said again until the hub answers."""

    job: JobId
    token: Token
    state: JobState
    code: Annotated[str, Meta(max_length=60, pattern=r"^[a-z_]*\Z")] = ""
    """The code of the failure, see `hub/rules/failures/fault_codes.py`."""
    detail: Annotated[str, Meta(max_length=200, pattern=_PLAIN)] = ""
    reference: Annotated[str, Meta(max_length=120, pattern=_PLAIN)] = ""
    response_hash: Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")] = ""


class PrintReported(Struct, frozen=True, kw_only=True):
    """The outcome is stored, or the hub had a certain one before."""

    time: datetime

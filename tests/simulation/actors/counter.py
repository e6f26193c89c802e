"""The ward's counter in a story: what it tells the hub, each until it is acknowledged."""

import io
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from hub.drill.pilot.scenario import Mix, Planned, Share, load_mix, plan
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Attachment, Message
from hub.messages.identifiers import new_id
from hub.messages.invalid import InvalidMessage
from hub.records.rulebook import Rulebook
from hub.store.engine.store import StoreUnavailable
from tests.simulation.crash.excused import require_excused
from tests.simulation.crash.handling import RECEIVED
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import short
from tests.simulation.world.process import Process

AGENCY = "000.99.01.H57"
DAY = 24 * 3600.0
LATE = 5000.0
"""When a counter that had no network tells a reception, long after what is about its dossier."""
Note = Callable[[str, str], None]


@dataclass
class Acknowledged:
    """What was acknowledged, by message id."""

    acknowledged: dict[str, Message] = field(default_factory=dict)
    """By message id."""
    refused: list[str] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    """What senders keep of their files, by sha256."""
    erased: set[str] = field(default_factory=set)
    """Numbers of dossiers that left the database and whose personal data was erased then."""

    contradicted: set[str] = field(default_factory=set)
    """Numbers of dossiers whose reception was taken with another content than that of its clerk."""

    def acknowledge(self, message: Message) -> None:
        """Remember that the hub has said of a message that it is safe."""
        self.acknowledged[message.id] = message


def store_again(process: Process, message: Message, told: Acknowledged) -> bool:
    """Store the files of a message that is told late: the hub may have deleted what nobody named.

    Tells whether there was room.
    """
    try:
        for file in message.attachments:
            process.intake.store_file(
                io.BytesIO(told.pages[file.sha256]),
                name=file.name,
                media_type=file.media_type,
                component=file.component,
            )
    except OSError as error:
        require_excused(error)
        return False
    return True


def tell(process: Process, message: Message, told: Acknowledged, chance: Chance) -> bool:
    """Tell a message once; tell whether its sender got an acknowledgement."""
    try:
        accepted = process.intake.accept(message)
    except (StoreUnavailable, OSError) as error:
        require_excused(error)
        return False  # told again when there is room
    except InvalidMessage as refused:
        taken_otherwise = message.type == RECEIVED and message.key in told.contradicted
        if not (taken_otherwise and refused.code == "content_differs"):
            told.refused.append(f"{message.type}: {refused}")
        return True
    told.acknowledge(msgspec.structs.replace(message, id=accepted.message_id))
    return not chance.strikes("acknowledgement lost", 0.03)


def repeat(process: Process, message: Message, told: Acknowledged, chance: Chance) -> None:
    """Tell a message that is being told, as a sender does that lost the line before the answer.

    Where the type has dedup fields, one of two senders composes it anew, with another id.
    """
    has_dedup_fields = bool(catalog.find(message.type, message.version).dedup)
    if has_dedup_fields and chance.order.random() < 0.5:
        message = msgspec.structs.replace(message, id=new_id())
    tell(process, message, told, chance)


def contradict(process: Process, message: Message, told: Acknowledged) -> None:
    """Tell another content of a reception that is being told: only one of them may be taken."""
    payload = msgspec.json.decode(message.payload, type=p.DossierReceived)
    other = msgspec.structs.replace(payload, summary=f"{payload.summary}, tờ khác")
    composed = catalog.compose(other, time=message.time, source=message.source)
    try:
        accepted = process.intake.accept(composed)
    except (StoreUnavailable, OSError) as error:
        require_excused(error)
    except InvalidMessage as refused:
        if refused.code != "content_differs":
            told.refused.append(f"{message.type}: {refused}")
    else:
        # The first one is parked, or there was no room for it a moment ago.
        told.acknowledge(msgspec.structs.replace(composed, id=accepted.message_id))
        told.contradicted.add(message.key)
        if accepted.duplicate:
            told.refused.append(f"{message.type}: another content passed for the same")


class Clerk:
    """Hands in one dossier, message after message."""

    def __init__(self, planned: Planned, told: Acknowledged, chance: Chance, note: Note) -> None:
        self.planned = planned
        self.told = told
        self.chance = chance
        self.note = note
        self._left: deque[tuple[str, p.Payload, bytes]] = deque(self._all())
        self._message: Message | None = None
        self._composed_at = 0.0
        self._not_before = 0.0
        if len(self._left) > 1 and chance.strikes("reception late", 0.02):
            self._left.rotate(-1)
            self._not_before = LATE

    @property
    def done(self) -> bool:
        """Whether everything is told."""
        return not self._left

    def work(self, process: Process) -> int:
        """Tell the next message to a process; all but the first may be left out of a story."""
        if len(self._left) == 1 and process.time.elapsed < self._not_before:
            return 0
        source, payload, page = self._left[0]
        if self._is_left_out(payload):
            self._left.popleft()
            return 0
        is_old = process.time.elapsed - self._composed_at > DAY
        if self._message and is_old and not store_again(process, self._message, self.told):
            return 1
        try:
            message = self._message or self._composed(process, source, payload, page)
        except OSError as error:
            require_excused(error)
            return 1  # no room for the file
        self._message = message  # what was not acknowledged is told again as it was
        self.note("counter", f"tells {message.type} of {short(message.key)}")
        if tell(process, message, self.told, self.chance):
            self._left.popleft()
            self._message = None
        return 1

    def _is_left_out(self, payload: p.Payload) -> bool:
        if self._message or isinstance(payload, p.DossierReceived):
            return False
        return not self.chance.takes_step(f"message of {short(self.planned.number)}")

    def _composed(self, process: Process, source: str, payload: p.Payload, page: bytes) -> Message:
        files: tuple[Attachment, ...] = ()
        at = getattr(payload, "at", None) or self.planned.reception.received_at
        self._composed_at = process.time.elapsed
        if page and isinstance(payload, p.DocumentScanned):
            kept = process.intake.store_file(
                io.BytesIO(page),
                name="a.pdf",
                media_type="application/pdf",
                component=payload.component,
            )
            self.told.pages[kept.sha256] = page
            files = (kept,)
        return catalog.compose(payload, time=at, source=source, attachments=files)

    def _all(self) -> list[tuple[str, p.Payload, bytes]]:
        planned, received = self.planned, self.planned.reception
        at = received.received_at + timedelta(minutes=3)
        scans = [
            (
                "scanner-1",
                p.DocumentScanned(
                    number=planned.number, component=code, scanned_at=at, device="scanner-1"
                ),
                f"{planned.number} {code}".encode(),
            )
            for code in planned.scanned
        ]
        return [("counter-1", received, b""), *scans, *self._steps()]

    def _steps(self) -> list[tuple[str, p.Payload, bytes]]:
        planned = self.planned
        if planned.finished_at is None:
            return []
        times = (
            (p.Status.PROCESSING, planned.processing_at),
            (p.Status.FINISHED, planned.finished_at),
        )
        return [
            (
                "workstation-1",
                p.DossierProgressed(
                    number=planned.number,
                    status=status,
                    at=at,
                    officer="Lê Văn Thẩm Định",
                    unit="Công chức chuyên môn",
                ),
                b"",
            )
            for status, at in times
        ]


def clerks(
    rules: Rulebook, count: int, *, seed: int, told: Acknowledged, chance: Chance, note: Note
) -> list[Clerk]:
    """Return a clerk for each dossier of a story."""
    plans = plan(_mix(count), rules, seed=seed, agency=AGENCY)
    return [Clerk(planned, told, chance, note) for planned in plans]


def _mix(count: int) -> Mix:
    """Return half dossiers of the ward alone and half that go to the town."""
    pilot = load_mix()
    first, last = pilot.first_day, pilot.until.date()
    land = Share("Đất đai", count // 2, ("1.003003",), first, last)
    ward = Share("Hộ tịch", count - count // 2, ("1.001193", "1.000894"), first, last)
    return Mix(first, pilot.until, 0, (ward, land))

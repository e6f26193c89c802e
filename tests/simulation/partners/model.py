"""A partner of a story: a destination with a ledger of its own and random habits.

It keeps to its traits: an effect comes at most `reply_timeout` after the call, and
its look-up lags at most `lag`. Within them everything happens: replies are lost before and after
the effect, effects come late, look-ups say nothing, a part, or "not there" for a while.
"""

import hashlib
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import Absent, Answer, Doubt, Question, Receipt, Request, Unclear
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    NotAttempted,
    PermanentFailure,
    TransientFailure,
    unknown_code,
)
from tests.simulation.partners.protocol import Effect, Partner
from tests.simulation.world.chance import Chance
from tests.simulation.world.events import short
from tests.simulation.world.virtual_time import VirtualTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a partner behaves in one story."""

    lag: float
    """Seconds by which its look-up may be behind."""
    knows_duplicates: bool
    """It answers a repeat with "already exists"."""
    findable: bool
    trouble: float
    """Share of calls that go wrong."""
    last_steps: int
    """How many of the newest steps of a dossier its look-up shows; 0: all."""

    @staticmethod
    def drawn(draw: random.Random) -> "Habits":
        """Return habits by chance."""
        return Habits(
            lag=draw.choice((0.0, 0.0, 20.0, 120.0)),
            knows_duplicates=draw.random() < 0.3,
            findable=draw.random() < 0.85,
            trouble=draw.choice((0.1, 0.3, 0.7)),
            last_steps=draw.choice((0, 0, 0, 1)),
        )


WRONG = (
    "busy",
    "dropped before",
    "dropped after",
    "late",
    "unknown code",
    "login",
    "refused",
    "refused after",
    "reply of another call",
    "session over",
)
_RARE = {
    "refused": 0.3,
    "unknown code": 0.5,
    "login": 0.3,
    "refused after": 0.5,
    "session over": 0.3,
}
UNKNOWN_CODE = "E-77"
_NOTHING_DONE: dict[str, Callable[[], DeliveryFailure]] = {
    "busy": lambda: TransientFailure("partner_busy", retry_after=timedelta(seconds=3)),
    "login": lambda: TransientFailure("partner_login"),
    "session over": lambda: NotAttempted("partner_session", retry_after=timedelta(seconds=20)),
    "refused": lambda: PermanentFailure("partner_refused", "not this one"),
    "unknown code": lambda: unknown_code(UNKNOWN_CODE),
}
"""How a call fails of which nothing was done."""


class ModelPartner:
    """One partner; implements `hub.ports.Destination` and `partners.protocol.Partner`."""

    unknown_code = UNKNOWN_CODE
    reports_itself = False

    def __init__(
        self,
        name: str,
        habits: Habits,
        *,
        time: VirtualTime,
        chance: Chance,
        on_effect: Callable[[Partner, Effect], None],
        note: Callable[[str, str], None],
    ) -> None:
        self.name = name
        self.habits = habits
        self.time = time
        self.chance = chance
        self.on_effect = on_effect
        self.note = note
        self.traits = Traits(
            accepts=frozenset(type for type, reader in catalog.READERS.items() if reader == name),
            findable=habits.findable,
            concurrency=4,
            lag=timedelta(seconds=habits.lag),
        )
        self.ledger: list[Effect] = []
        self._done: set[str] = set()
        """The ids of the messages that have an effect in it."""
        self.away_until = 0.0
        self._under_way: list[tuple[float, Request]] = []
        """Calls that take effect later, by when."""
        self._hidden: dict[str, float] = {}
        """Messages that it refused and has done, with when its look-up shows them."""
        self._draw = chance.stream(f"partner {name}")

    def attach(self) -> "ModelPartner":
        """Return itself: it has no memory that dies with a process."""
        return self

    def happen(self) -> None:
        """Let it go away now and then."""
        if self.chance.strikes(f"{self.name} away", 0.003):
            self.away_until = self.time.elapsed + self.chance.order.choice((5.0, 60.0, 900.0))
            self.note(self.name, "goes away")

    def has_reports(self) -> bool:
        """Its reports come from the story's courier."""
        return False

    def report(self, process: object) -> int:  # noqa: ARG002 - as above
        """Nothing."""
        return 0

    def check_end(self) -> None:
        """Everything was checked with each effect."""

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Build the request."""
        digest = hashlib.sha256(message.id.encode()).hexdigest()
        return Request(
            operation=message.type,
            number=payload.number,
            body=message.id,
            digest=digest,
            message_id=message.id,
        )

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Do it, or go wrong."""
        self.time.advance(self._draw.uniform(0.005, 0.4))
        if self.time.elapsed > not_after:
            raise TransientFailure("partner_busy", "not sent in time")
        if self.time.elapsed < self.away_until:
            self._say(request, "is away")
            raise TransientFailure("partner_unreachable")
        for kind in WRONG:
            share = self.habits.trouble / len(WRONG) * _RARE.get(kind, 1.0)
            if self.chance.strikes(f"{self.name} {kind}", share):
                self._say(request, kind)
                return self._go_wrong(kind, request)
        return self._take(request)

    def question(self, request: Request) -> Question:
        """A look-up by number."""
        return Question(
            operation="look_up", digest=hashlib.sha256(request.number.encode()).hexdigest()
        )

    def find(self, request: Request) -> Answer:
        """Answer from what the look-up shows just now."""
        self.time.advance(self._draw.uniform(0.005, 0.2))
        if self.time.elapsed < self.away_until:
            raise TransientFailure("partner_unreachable")
        if self.chance.strikes(f"{self.name} look-up fails", self.habits.trouble / 4):
            raise TransientFailure("partner_busy")
        answer = self._look_up(request)
        self._say(request, f"look-up: {type(answer).__name__}")
        return answer

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to give back."""

    def let_effects_come(self) -> int:
        """Do what was under way and is due by now."""
        due = [it for it in self._under_way if it[0] <= self.time.elapsed]
        self._under_way = [it for it in self._under_way if it[0] > self.time.elapsed]
        for _, request in due:
            self._do(request, "takes effect late")
        return len(due)

    def has(self, message_id: str) -> bool:
        """Tell whether it has the effect of a message."""
        return message_id in self._done

    def is_at_work_on(self, message_id: str) -> bool:
        """Tell whether an effect of a message may still come."""
        return any(request.message_id == message_id for _, request in self._under_way)

    def misleads(self, message_id: str) -> bool:
        """Tell whether asking about a message would mislead just now."""
        hidden = self._hidden.get(message_id, 0.0) > self.time.elapsed
        return hidden or self.is_at_work_on(message_id)

    @property
    def is_misleading(self) -> bool:
        """Whether it would mislead about any message."""
        until = max(self._hidden.values(), default=0.0)
        return bool(self._under_way) or until > self.time.elapsed

    @property
    def next_effect(self) -> float:
        """When the next late effect comes, infinite when none does."""
        return min((at for at, _ in self._under_way), default=math.inf)

    def _go_wrong(self, kind: str, request: Request) -> Receipt:
        if kind in _NOTHING_DONE:
            raise _NOTHING_DONE[kind]()
        match kind:
            case "refused after":
                self._contradict(request)
            case "reply of another call":
                if self._draw.random() < 0.5:
                    self._take(request)
                raise AmbiguousFailure("reply_unreadable", "the reply is to another call")
            case "dropped before":
                self.time.advance(self.traits.reply_timeout.total_seconds() / 2)
                raise AmbiguousFailure("reply_timeout")
            case "dropped after":
                self._take(request)
                raise AmbiguousFailure("reply_dropped")
            case "late":
                longest = self.traits.reply_timeout.total_seconds()
                comes_at = self.time.elapsed + self._draw.uniform(0, longest * 0.95)
                self._under_way.append((comes_at, request))
                raise AmbiguousFailure("reply_timeout", "late")
            case _:
                raise AssertionError(f"a model partner does not know how to go wrong as {kind}")

    def _contradict(self, request: Request) -> NoReturn:
        """Refuse, and have done it all the same, where its look-up shows that sooner or later."""
        if self.habits.findable:
            self._take(request)
            self._hidden[request.message_id] = max(
                it.visible_at for it in self.ledger if it.message_id == request.message_id
            )
        raise PermanentFailure("partner_refused", "not this one")

    def _take(self, request: Request) -> Receipt:
        already = self.has(request.message_id)
        if already and self.habits.knows_duplicates:
            self._say(request, "already exists")
            return Receipt(already=True)
        self._do(request, "takes effect")
        return Receipt(reference=f"T-{request.number}")

    def _do(self, request: Request, how: str) -> None:
        if self.has(request.message_id) and self.habits.knows_duplicates:
            return
        now = self.time.elapsed
        effect = Effect(
            now,
            request.message_id,
            request.number,
            request.operation,
            now + self._draw.uniform(0, self.habits.lag),
        )
        self.ledger.append(effect)
        self._done.add(request.message_id)
        self._say(request, how)
        self.on_effect(self, effect)

    def _look_up(self, request: Request) -> Answer:
        seen = [e for e in self.ledger if e.visible_at <= self.time.elapsed]
        if self._is_behind_the_last(request, seen):
            return Unclear(why=Doubt.NOT_SHOWN)
        shown = {effect.message_id for effect in seen}
        if request.message_id in shown:
            return Receipt(already=True)
        if self.chance.strikes(f"{self.name} look-up says nothing", self.habits.trouble / 4):
            return Unclear(why=Doubt.NOT_SHOWN)
        if not all(it.message_id in shown for it in request.beside):
            return Unclear(why=Doubt.BEHIND)
        return Absent()

    def _is_behind_the_last(self, request: Request, seen: list[Effect]) -> bool:
        """Tell whether a step would be older than those that are shown."""
        last = self.habits.last_steps
        of_dossier = [e.message_id for e in seen if (e.number, e.type) == _kind(request)]
        if not last or request.operation != "province.progress" or len(of_dossier) < last:
            return False
        return request.message_id not in of_dossier[-last:]

    def _say(self, request: Request, what: str) -> None:
        self.note(self.name, f"{request.operation} of {short(request.number)} {what}")


def _kind(request: Request) -> tuple[str, str]:
    return request.number, request.operation

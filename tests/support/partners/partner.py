"""A partner in this process: a destination with its own ledger, that can be told how to behave.

It is a simulator, not a mock: it has effects, keeps them in order of arrival, and answers `find`
from them. What it does wrong is a script, one entry a call; after the script it works.
"""

import hashlib
import math
import threading
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from hub.messages.envelope import Message
from hub.messages.payloads import Payload, ProvinceDossier, ProvinceProgress
from hub.ports import Absent, Answer, Doubt, Question, Receipt, Request, Unclear
from hub.rules.calls.traits import Traits
from hub.rules.failures.errors import (
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)

DOWN = TransientFailure("partner_unreachable")
BUSY = TransientFailure("partner_busy", retry_after=timedelta(milliseconds=30))
REFUSES = PermanentFailure("partner_refused", "not this one")
QUERY_REFUSED = PermanentFailure("query_refused", "not this one")
QUERY_REFUSED.response_hash = hashlib.sha256(b"not this one").hexdigest()
DROPS_AFTER = AmbiguousFailure("reply_dropped", "after the effect")
DROPS_BEFORE = AmbiguousFailure("reply_timeout", "before the effect")


def digest_of(number: str, version: int) -> str:
    """Return the digest of what is sent of a dossier."""
    return hashlib.sha256(f"{number} {version}".encode()).hexdigest()


class Partner:
    """Takes dossiers and steps; its ledger holds (dossier, step) in order of arrival."""

    def __init__(
        self,
        faults: Iterable[DeliveryFailure | Exception] = (),
        *,
        findable: bool = True,
        idempotent: bool = False,
        concurrency: int = 4,
    ) -> None:
        self.name = "provincial"
        self.traits = Traits(
            accepts=frozenset({"province.progress", "province.dossier"}),
            findable=findable,
            idempotent=idempotent,
            concurrency=concurrency,
            connect_timeout=timedelta(seconds=1.9),
            reply_timeout=timedelta(milliseconds=100),
        )
        self.ledger: list[tuple[str, int]] = []
        self.calls = 0
        self.asked = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.answers = threading.Event()
        self.answers.set()
        self.asking = threading.Semaphore(0)
        self.deadlines: list[float] = []
        """Of each call: after when its first byte must not leave."""
        self._faults = list(faults)
        self._refused_queries = 0
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def goes_wrong(self, *faults: DeliveryFailure) -> None:
        """Append faults for the next calls."""
        with self._lock:
            self._faults += faults

    def refuses_queries(self, count: int) -> None:
        """Have the next queries refused."""
        with self._lock:
            self._refused_queries = count

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Build the request."""
        if not isinstance(payload, ProvinceProgress | ProvinceDossier):
            raise PermanentFailure("mapping_missing", f"no operation for {message.type}")
        return Request(
            operation="step",
            number=payload.number,
            body=payload.version,
            digest=digest_of(payload.number, payload.version),
            message_id=message.id,
        )

    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Do it, or fail as scripted."""
        self.entered.release()
        self.gate.wait(10)
        with self._lock:
            self.calls += 1
            self.deadlines.append(not_after)
            fault = self._faults.pop(0) if self._faults else None
            if fault is None or fault is DROPS_AFTER:
                self._take_effect(request)
        if fault is not None:
            raise fault
        return Receipt(reference=f"T-{request.number}")

    def _take_effect(self, request: Request) -> None:
        """Do it; an idempotent partner drops a repeat of a message id."""
        if self.traits.idempotent and request.message_id in self._seen:
            return
        self._seen.add(request.message_id)
        self.ledger.append((request.number, request.body))

    def question(self, request: Request) -> Question:
        """A look-up by number."""
        digest = hashlib.sha256(request.number.encode()).hexdigest()
        return Question(operation="look_up", digest=digest)

    def find(self, request: Request) -> Answer:
        """Answer from the ledger."""
        with self._lock:
            self.asked += 1
        self.asking.release()
        self.answers.wait(10)
        with self._lock:
            if self._refused_queries:
                self._refused_queries -= 1
                raise QUERY_REFUSED
            if (request.number, request.body) in self.ledger:
                return Receipt(already=True)
            if not self.traits.findable:
                return Unclear(why=Doubt.NO_ANSWER)
            known = all((it.number, it.body) in self.ledger for it in request.beside)
            return Absent() if known else Unclear(why=Doubt.BEHIND)

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to give back."""

    def doubled(self) -> int:
        """Return how many effects happened more than once."""
        return sum(count - 1 for count in Counter(self.ledger).values())

    def overtaken(self) -> int:
        """Return how many effects came after a later one of the same dossier."""
        newest: dict[str, int] = {}
        late = 0
        for number, step in self.ledger:
            late += step < newest.get(number, 0)
            newest[number] = max(step, newest.get(number, 0))
        return late

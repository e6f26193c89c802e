"""The town administrative centre as a destination: hands over, supplements, reports returns.

The town does not promise to drop repeats, so an unknown effect is settled by asking (`find`) and
never by sending again. It can be asked: it records our message id with every call that took
effect. Neither that nor "đã tồn tại" counts as success before what the town holds was compared with
what was sent: its fields, and the hashes of the files.
"""

import hashlib
import math
from datetime import UTC, datetime, timedelta

from adapters.town_center import contract, faults, mapping
from adapters.town_center.callbacks.reading import Shown
from adapters.town_center.compare import TRANSFER, Compared, compare, is_behind, name_of_calls
from adapters.town_center.session import TownSession
from adapters.town_center.settings import TownSettings
from adapters.wire.dates import DateReader
from adapters.wire.http import Reply
from adapters.wire.replies import NO_LOOK_UP, checking, digest, evidenced, querying, sha256
from adapters.wire.retry_wishes import bounded
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import Payload
from hub.ports import (
    Absent,
    Doubt,
    DriftObserver,
    Question,
    Receipt,
    Request,
    Unclear,
    ignore_drift,
)
from hub.rules.calls.traits import Traits
from hub.rules.deliveries.likeness import Likeness, compare_codes
from hub.rules.failures.errors import (
    EXISTS_UNSEEN,
    AmbiguousFailure,
    DeliveryFailure,
    PermanentFailure,
    TransientFailure,
)

LOOK_UP, PING = "TraCuuHoSo", "ping"


class TownCenter:
    """One town administrative centre; threads share it."""

    name = catalog.TOWN_CENTER

    def __init__(
        self,
        settings: TownSettings,
        *,
        session: TownSession | None = None,
        observe: DriftObserver = ignore_drift,
    ) -> None:
        """`observe` gets what was ignored or bent in the town's replies."""
        self.settings = settings
        self._dates = DateReader(settings.profile.dates)
        self._table = faults.table_of(settings.profile)
        self.session = session or TownSession(settings, observe=observe)
        self.traits = Traits(
            accepts=frozenset({"town.transfer", "town.supplement", "town.result_returned"}),
            idempotent=False,
            findable=LOOK_UP not in settings.profile.unsupported.operations,
            connect_timeout=settings.connect_timeout,
            reply_timeout=settings.reply_timeout,
            concurrency=settings.concurrency,
            # log in, call, log in again, call; said to exist: look it up, log in again, look it up
            round_trips=7,
            pause_from=settings.profile.retry_after.pause_from,
            longest_wish=settings.profile.retry_after.longest,
            lag=settings.profile.lookup.lag,
        )

    def prepare(self, message: Message, payload: Payload) -> Request:
        """Return the call for `message`; raises PermanentFailure."""
        operation, body = mapping.body_of(message, payload, self.settings)
        if operation in self.settings.profile.unsupported.operations:
            detail = f"the town has no {operation} (unsupported.operations)"
            raise PermanentFailure("mapping_missing", detail)
        encoded = mapping.encode_body(body)
        return Request(
            operation=operation,
            number=body.number,
            body=encoded,
            digest=hashlib.sha256(encoded).hexdigest(),
            message_id=message.id,
        )

    @bounded
    def send(self, request: Request, *, not_after: float = math.inf) -> Receipt:
        """Make the call; raises only the failures of rules.errors."""
        reply = self.session.call(
            "POST",
            request.operation,
            number=request.number,
            body=request.body,
            headers={"Content-Type": "application/json", "Idempotency-Key": request.message_id},
            not_after=not_after,
        )
        with evidenced(reply):
            done = faults.outcome(reply, request.number, table=self._table)
        if done.already:
            self._compare(request)
        elif done.unusual and self.traits.findable:
            with checking():
                self._compare(request)
        return Receipt(
            reference=done.own_number,
            already=done.already,
            response_hash=digest(reply),
            detail=done.code,
        )

    def question(self, request: Request) -> Question:
        """Return the search by number, which has no body: what is hashed is what it asks for."""
        question = f"GET {LOOK_UP} {request.number}"
        return Question(operation=LOOK_UP, digest=sha256(question.encode()))

    @bounded
    def find(self, request: Request) -> Receipt | Absent | Unclear:
        """Ask whether the town has the effect of `request`; raises TransientFailure."""
        shown, reply = self._look_up(request.number)
        evidence = digest(reply)
        if shown is None:
            if request.beside:
                return Unclear(why=Doubt.BEHIND, response_hash=evidence)
            return Absent(response_hash=evidence)
        found = compare(shown, request, self.settings.resolution)
        doubt = _doubt(shown, request, found)
        if doubt is not None:
            return Unclear(why=doubt, differs=found.differs, response_hash=evidence)
        if not found.recorded and request.operation != TRANSFER:
            name = name_of_calls(request.operation)
            if name in shown.unsaid and not self.settings.profile.lookup.omits_empty_lists:
                return Unclear(why=Doubt.NOT_SHOWN, differs=(name,), response_hash=evidence)
            return Absent(response_hash=evidence)
        return Receipt(
            reference=shown.own_number,
            already=not found.recorded,
            response_hash=evidence,
            detail=shown.state,
            alike=found.unclear,
            unverified=tuple(f.sha256 for f in shown.files if f.state is contract.FileState.WRONG),
        )

    @bounded
    def ping(self) -> timedelta | None:
        """Check address, identity and the town's readiness, and compare the clocks."""
        if PING in self.settings.profile.unsupported.operations:
            self.session.token()
            return None
        sent = datetime.now(UTC)
        reply = self.session.call("GET", PING)
        with evidenced(reply):
            faults.outcome(reply, table=self._table)
        return reply.clock_ahead(sent=sent, received=datetime.now(UTC))

    def close(self) -> None:
        """Give back connections."""
        self.session.close()

    def _compare(self, request: Request) -> None:
        """Raise PermanentFailure `partner_conflict` when the town's dossier is another one."""
        shown, _ = self._look_up(request.number)
        if shown is None:
            raise AmbiguousFailure(EXISTS_UNSEEN, "the look-up does not show it")
        found = compare(shown, request, self.settings.resolution)
        names = ", ".join(found.differs)
        failure: DeliveryFailure
        if not found.recorded and request.operation != TRANSFER:
            failure = AmbiguousFailure(EXISTS_UNSEEN, "not under our message id")
        elif not found.certain:
            return
        elif found.recorded:
            failure = AmbiguousFailure("reply_unreadable", f"ours, and differs in {names}")
        else:
            failure = PermanentFailure("partner_conflict", f"differs in {names}")
        failure.differs = found.differs
        raise failure

    def _look_up(self, number: str) -> tuple[Shown | None, Reply]:
        """Return the town's dossier. None only on its own word, not on any 404 of a gateway.

        Reading has no effect, so whatever goes wrong here is a TransientFailure. Where the town has
        no look-up, AmbiguousFailure.
        """
        if not self.traits.findable:
            raise AmbiguousFailure("reply_unreadable", NO_LOOK_UP)
        try:
            with querying():
                reply = self.session.call("GET", LOOK_UP, number=number)
                with evidenced(reply):
                    shown = faults.found(reply, table=self._table, dates=self._dates)
        except DeliveryFailure as failure:
            raise faults.without_effect(failure) from None
        if shown is not None and compare_codes(number, shown.number) is not Likeness.SAME:
            raise TransientFailure("reply_unreadable", "not the dossier that was asked for")
        return shown, reply


def _doubt(shown: Shown, request: Request, found: Compared) -> Doubt | None:
    """Return why what the town holds proves neither that it has our call nor that it has not."""
    if found.recorded or request.operation == TRANSFER:
        # Under our message id, or at least our number: and not what we said.
        return Doubt.OTHER if found.certain else None
    if found.alike:
        return Doubt.ALIKE
    return Doubt.BEHIND if is_behind(shown, request.beside) else None

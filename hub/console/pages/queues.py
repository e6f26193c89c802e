"""The queues: what each is for, what stands in it, how many consume, what needs a person."""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.broker.admin import figures
from hub.broker.admin.declare import plan
from hub.broker.admin.figures import BrokerFigures, PeekedMessage
from hub.broker.topology import TOPOLOGY
from hub.console.forms.acting import Act, Posted, PostedForm, act
from hub.console.forms.filled import HOURS, Filled
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import MayNot, Who, demand
from hub.console.pages import pausing
from hub.console.parts import Parts
from hub.messages.queues import INVALID
from hub.operations.approvals.discarding import propose_discard_at_broker
from hub.operations.sent_back import WORK, NotSentBack, send_back
from hub.operations.signed_by import SignedBy
from hub.ports import BrokerUnavailable
from hub.rules.failures.errors import FAULTS
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.store.messages import outbox
from hub.texts import Text, both

EVERY = timedelta(seconds=5)
"""The broker is asked at most so often, however many look."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the broker told at a moment."""

    at: datetime
    figures: BrokerFigures | None
    """None where it did not answer."""
    drift: tuple[str, ...]
    """Where it differs from the topology."""


class BrokerReader:
    """Asks the broker for all visitors together."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: QueueState | None = None
        self._lock = threading.Lock()

    def state(self) -> QueueState:
        """Return what the broker told within the last seconds."""
        with self._lock:
            now = self._parts.clock()
            if self._known is None or not timedelta() <= now - self._known.at < EVERY:
                self._known = self._read(now)
            return self._known

    def shown(self, queue: str, fingerprint: str) -> str:
        """Return what the page says of a message of a queue. Raises NotSentBack: it is gone."""
        found = self.state().figures
        for it in found.peeked if found else ():
            if (it.queue, it.fingerprint) == (queue, fingerprint):
                why = " ".join(filter(None, (it.type, it.reason, it.came_from)))
                return f"{queue}: {it.message_id or '-'}, {it.size} bytes, {why}"
        raise NotSentBack(both("pauses.message_gone", queue=queue[:120]))

    def forget(self) -> None:
        """Have the next visitor's look ask the broker."""
        with self._lock:
            self._known = None

    def _read(self, now: datetime) -> QueueState:
        urls = (self._parts.broker_url, self._parts.management_url)
        try:
            found = figures.read(TOPOLOGY, *urls)
            drift = tuple(str(it) for it in plan(TOPOLOGY, *urls).differences)
        except BrokerUnavailable:
            return QueueState(now, None, ())
        return QueueState(now, found, drift)


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""
    reader = BrokerReader(parts)

    @app.get("/queues")
    def page(request: Request, who: Who) -> Response:
        return render(request, queues(parts, reader, who), who, now=parts.clock())

    forms = _DeadLetterForms(parts, reader)
    app.add_api_route("/queues/messages/{queue}/back", forms.send_back, methods=["POST"])
    app.add_api_route("/queues/messages/{queue}/discard", forms.discard, methods=["POST"])
    pausing.install(app, parts, lambda who: queues(parts, reader, who))


class _DeadLetterForms:
    """What the forms about a message of `hub.dead` or `hub.invalid` do."""

    def __init__(self, parts: Parts, reader: BrokerReader) -> None:
        self._parts = parts
        self._reader = reader

    def send_back(self, queue: str, posted: Posted) -> Response:
        """Put a message back into a work queue."""
        parts = self._parts

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            to = sent.get("to")
            send_back(parts.store, parts.broker_url, queue, sent.get("message"), to=to, by=by)
            self._reader.forget()
            return both("pauses.sent_back", queue=to)

        return self._act(posted, do)

    def discard(self, queue: str, posted: Posted) -> Response:
        """Propose to discard a message for good."""

        def do(sent: Filled, by: SignedBy) -> Text:
            demand(posted.who, Right.ACT)
            wanted = sent.get("message")
            shown = self._reader.shown(queue, wanted)
            number = propose_discard_at_broker(
                self._parts.store, queue, wanted, shown, who=posted.who, by=by
            )
            return both("approvals.proposed_on_page", number=number)

        return self._act(posted, do)

    def _act(self, posted: PostedForm, do: Act) -> Response:
        page = partial(queues, self._parts, self._reader, posted.who)
        return act(posted, self._parts, do=do, page=page, leads_to="/queues")


def queues(parts: Parts, reader: BrokerReader, who: Visitor) -> PageView:
    """Return the page. Raises MayNot: queues concern the installation as a whole."""
    if not who.may(Right.METADATA):
        raise MayNot(Right.METADATA)
    with parts.store.read() as tx:
        waiting, partners = outbox.backlog(tx), pausing.lines(tx, who, now=parts.clock())
    return PageView(
        template="queues.html",
        title=both("console.nav_queues"),
        values={
            "outbox": waiting,
            "partners": partners,
            "hours": HOURS,
            "work_queues": WORK,
            "may_act": who.may(Right.ACT),
            "broker": reader.state() if parts.broker_url else None,
            "why": why,
            "names": [queue.name for queue in TOPOLOGY.queues],
        },
    )


def why(message: PeekedMessage) -> Text:
    """Return why a message lies there: the hub's own cause in `hub.invalid`, else the broker's."""
    kind, _, code = message.type.partition(".")
    fault = FAULTS.get(code) if message.queue == INVALID and kind == "invalid" else None
    if fault is not None:
        return fault.text
    known = {"rejected", "delivery_limit", "expired", "maxlen"}
    return both(f"console.why_{message.reason if message.reason in known else 'unknown'}")

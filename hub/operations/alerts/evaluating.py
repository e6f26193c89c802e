"""Evaluates what was measured and stores what is to be said, both in one transaction.

Each check of any process adds to the same incidents, and one transaction evaluates at a time. So a
restart and a second timer change nothing, and a message is stored before it goes out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.operations.alerts import words
from hub.rules.alerts.incidents import Incident, evaluate, moves
from hub.rules.alerts.notifying import AlertMessage, Circumstances, NoticeKind, notify
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.signals import SIGNALS, Observed
from hub.runtime.telemetry import Event, log
from hub.store.alerts import incidents, messages, silences
from hub.store.alerts.incidents import IncidentEvent
from hub.store.alerts.messages import KeptMessage
from hub.store.engine.store import Store, Tx


def together(found: Sequence[Observed]) -> Observed:
    """Return what several looks of one machine have found as one."""
    signals = frozenset().union(*(it.signals for it in found))
    samples = [sample for it in found for sample in it.samples]
    return Observed(signals, samples, next((it.host for it in found if it.host), ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluating:
    """Keeps no state: all of it stands in the store."""

    store: Store
    plan: AlertPlan
    is_day_off: Callable[[datetime], bool]

    def evaluate(self, observed: Observed, now: datetime) -> int:
        """Bring the incidents up to date and store what is to be told; return how many messages."""
        rules = [rule for rule in self.plan.rules if not SIGNALS[rule.signal].is_outside]
        with self.store.read() as tx:
            known = incidents.not_over(tx)
        if not known and not evaluate(rules, observed, [], now=now).kept:
            return 0
        with self.store.write() as tx:
            if not incidents.may_evaluate(tx):
                return 0
            known = incidents.not_over(tx)
            before = [it for it in known if it.ended_at is None]
            evaluated = evaluate(rules, observed, before, now=now)
            for it in evaluated.forgotten:
                incidents.forget(tx, it.number or 0)
            kept = [incidents.save(tx, it) for it in evaluated.kept]
            for what, it in moves(before, kept):
                _record(tx, what, it, now)
            over = [it for it in known if it.ended_at is not None]
            count = self._notify(tx, [*over, *kept], now)
            self._forget_old(tx, now)
        _log(before, kept)
        return count

    def _notify(self, tx: Tx, found: Sequence[Incident], now: datetime) -> int:
        names = [channel.name for channel in self.plan.channels]
        when = Circumstances(
            now=now,
            quiet=self.plan.quiet.holds(now, day_off=self.is_day_off(now)),
            silences=[it.silence for it in silences.holding(tx, now=now)],
            last=messages.last_made(tx, names),
        )
        due = notify(self.plan, found, when)
        before = {it.number: it for it in found}
        for it in due.incidents:
            if it != before[it.number]:
                incidents.save(tx, it)
        return sum(messages.add(tx, self._kept(tx, it, now)) for it in due.messages)

    def _kept(self, tx: Tx, message: AlertMessage, now: datetime) -> KeptMessage:
        for line in message.lines:
            plain = line.news in (NoticeKind.STARTED, NoticeKind.ENDED)
            what = "notified" if plain else line.news.value
            _record(tx, what, line.incident, now, message.channel)
        return kept_message(self.plan, message, now=now)

    def _forget_old(self, tx: Tx, now: datetime) -> None:
        incidents.forget_old(tx, now - incidents.KEPT)
        messages.forget_old(tx, now - messages.KEPT)
        silences.forget_old(tx, now - silences.KEPT)


def kept_message(plan: AlertPlan, message: AlertMessage, *, now: datetime) -> KeptMessage:
    """Return a message in the words and the language of its channel, due now."""
    language = plan.channel(message.channel).language
    return KeptMessage(
        key=message.key,
        channel=message.channel,
        subject=words.subject(plan, message, language),
        body=words.body(plan, message, language),
        incidents=",".join(str(line.incident.number) for line in message.lines),
        made_at=now,
        next_attempt_at=now,
    )


def _record(tx: Tx, what: str, it: Incident, now: datetime, detail: str = "") -> None:
    event = IncidentEvent(at=now, what=what, value=it.value, detail=detail)
    incidents.record(tx, it.number or 0, event)


def _log(before: Sequence[Incident], after: Sequence[Incident]) -> None:
    """Log when all is stored."""
    for what, it in moves(before, after):
        detail = f"{it.number} {it.rule} {it.subject}"
        if what == "ended":
            log.info(Event.INCIDENT_ENDED, detail=detail)
        elif what == "started":
            log.warning(Event.INCIDENT_STARTED, state=it.severity.value, detail=detail)

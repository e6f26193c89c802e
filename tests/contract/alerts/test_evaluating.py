"""Incidents in the store: one start, one end, whatever restarts, on either database."""

import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.operations.alerts import acting
from hub.operations.alerts.acting import AlertNotDone
from hub.operations.alerts.evaluating import Evaluating, together
from hub.operations.alerts.local_measuring import LocalMeasuring
from hub.operations.alerts.measuring import StoreMeasuring
from hub.operations.signed_by import SignedBy
from hub.rules.alerts.notifying import Silence
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import Measurement, Observed
from hub.store.alerts import incidents, messages
from hub.store.alerts.messages import Receivers
from hub.store.archive.leader import leadership
from hub.store.engine.store import Store
from hub.texts.catalog import Language

AT = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RULE = Rule(name="long", signal="oldest_open", limit=3600, critical=9000, clear_after=MINUTE)
PLAN = AlertPlan(
    name="Phường Thử",
    rules=[RULE],
    channels=[
        ChannelSettings(name="mail", kind="mail", language=Language.VI),
        ChannelSettings(name="hook", kind="webhook", language=Language.EN),
    ],
    steps=[
        Step(after=timedelta(), channels=("mail",)),
        Step(after=30 * MINUTE, channels=("hook",)),
    ],
    console="https://hub.example.vn",
)
LONG, SHORT = 7200.0, 1.0


def evaluating(store: Store, plan: AlertPlan = PLAN) -> Evaluating:
    """Return what evaluates in a store; each call stands for a process that began anew."""
    return Evaluating(store=store, plan=plan, is_day_off=lambda _at: False)


def observed(value: float, subject: str = "provincial") -> Observed:
    """Return a look that found a value."""
    sample = Measurement(signal="oldest_open", subject=subject, value=value)
    return Observed(frozenset({"oldest_open"}), [sample])


def by(now: datetime, actor: str = "an officer") -> SignedBy:
    """Return who acts."""
    return {"actor": actor, "reason": "a test", "now": now}


def waiting(store: Store) -> list[tuple[str, str]]:
    """Return channel and subject line of every stored message, in order."""
    found = []
    with store.write() as tx:
        while it := messages.claim_due(tx, Receivers(), by="x", now=AT + timedelta(days=1)):
            found.append((it.made_at, it.channel, it.subject))
    return [(channel, subject) for _, channel, subject in sorted(found)]


def test_an_incident_is_stored_with_its_message_and_ends_once(store: Store) -> None:
    """A process that begins anew, or a second one, tells nothing twice."""
    assert evaluating(store).evaluate(observed(LONG), AT) == 1
    for minute in range(1, 10):
        assert evaluating(store).evaluate(observed(LONG), AT + minute * MINUTE) == 0
    with store.read() as tx:
        (it,) = incidents.listing(tx)
    assert (it.rule, it.subject, it.severity) == ("long", "provincial", AlertSeverity.WARNING)
    later = AT + timedelta(minutes=10)
    counts = [evaluating(store).evaluate(observed(SHORT), later + n * MINUTE) for n in range(5)]
    assert sum(counts) == 1
    with store.read() as tx:
        assert incidents.listing(tx) == []
        assert [it.number for it in incidents.listing(tx, ended=True)] == [it.number]
        what = [one.what for one in incidents.events_of(tx, it.number or 0)]
    assert what == ["started", "notified", "ended", "notified"]
    assert [channel for channel, _ in waiting(store)] == ["mail", "mail"]


def test_the_subject_line_is_read_on_a_phone(store: Store) -> None:
    """What, where and how long, in the channel's language; no number that means nothing."""
    evaluating(store).evaluate(observed(LONG), AT)
    ((_, subject),) = waiting(store)
    assert subject == "[Phường Thử] Cảnh báo: provincial: hồ sơ chờ gửi lâu nhất đã 2 giờ 0 phút"


def test_a_message_says_what_to_do_and_where(store: Store) -> None:
    """Who acts, since when, the console's page, the runbook's heading."""
    evaluating(store).evaluate(observed(LONG), AT)
    with store.write() as tx:
        it = messages.claim_due(tx, Receivers(), by="x", now=AT)
    assert it is not None
    for part in ("09:00 06/08/2026", "CNTT phường", "Cần làm:", "#oldest_open", "hub alerts ack 1"):
        assert part in it.body
    assert "https://hub.example.vn/" in it.body


def test_processes_that_judge_at_once_store_one_message(store: Store) -> None:
    """As two timers do that begin together."""
    ready = threading.Barrier(4)
    counts: list[int] = []

    def look() -> None:
        ready.wait(10)
        counts.append(evaluating(store).evaluate(observed(LONG), AT))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    evaluating(store).evaluate(observed(LONG), AT + MINUTE)
    with store.read() as tx:
        assert len(incidents.listing(tx)) == 1
    assert (sum(counts), len(waiting(store))) in [(1, 1), (0, 1)]


def test_the_process_that_archives_holds_up_no_incident(store: Store) -> None:
    """Its lock of the database is another than that of the process that evaluates."""
    with leadership(store) as leads:
        assert leads
        assert evaluating(store).evaluate(observed(LONG), AT) == 1


def test_who_acknowledges_first_has_it_and_nobody_else_is_told(store: Store) -> None:
    """The second learns who was first, and may take it over by naming that person."""
    evaluating(store).evaluate(observed(LONG), AT)
    until = AT + timedelta(hours=3)
    acting.acknowledge(store, 1, until=until, by=by(AT, "Lan"))
    with pytest.raises(AlertNotDone, match="Lan"):
        acting.acknowledge(store, 1, until=until, by=by(AT, "Minh"))
    for minute in range(1, 60):
        evaluating(store).evaluate(observed(LONG), AT + minute * MINUTE)
    assert [channel for channel, _ in waiting(store)] == ["mail"]
    found = acting.acknowledge(store, 1, until=until, by=by(AT, "Minh"), instead_of="Lan")
    assert (found.acknowledged_by, found.acknowledged_until) == ("Minh", until)


def test_without_an_acknowledgement_the_next_person_is_told(store: Store) -> None:
    """After the time of the step, and once."""
    for minute in range(60):
        evaluating(store).evaluate(observed(LONG), AT + minute * MINUTE)
    (_, first), (channel, line) = waiting(store)
    assert channel == "hook"
    assert line.startswith("[Phường Thử] Nobody took it: provincial: the oldest delivery")
    assert first.startswith("[Phường Thử] Cảnh báo")


@pytest.mark.parametrize("wrong", [timedelta(), -MINUTE, timedelta(days=31)])
def test_an_acknowledgement_ends_some_day(store: Store, wrong: timedelta) -> None:
    """Nobody can take an incident for ever, nor until yesterday."""
    evaluating(store).evaluate(observed(LONG), AT)
    with pytest.raises(AlertNotDone):
        acting.acknowledge(store, 1, until=AT + wrong, by=by(AT))


def test_an_incident_that_is_not_there_or_over_is_not_acknowledged(store: Store) -> None:
    """The refusal says which."""
    with pytest.raises(AlertNotDone, match="7"):
        acting.acknowledge(store, 7, until=AT + MINUTE, by=by(AT))
    evaluating(store).evaluate(observed(LONG), AT)
    for minute in range(1, 5):
        evaluating(store).evaluate(observed(SHORT), AT + minute * MINUTE)
    with pytest.raises(AlertNotDone, match="1"):
        acting.acknowledge(store, 1, until=AT + 9 * MINUTE, by=by(AT + 5 * MINUTE))


def test_a_silence_is_kept_with_its_reason_and_can_be_ended(store: Store) -> None:
    """The incident is there all the while."""
    wanted = Silence(rule="lo*", until=AT + timedelta(hours=1))
    number = acting.silence(store, wanted, rules=["long"], by=by(AT))
    assert evaluating(store).evaluate(observed(LONG), AT) == 0
    with store.read() as tx:
        assert len(incidents.listing(tx)) == 1
    acting.end_silence(store, number, by=by(AT))
    assert evaluating(store).evaluate(observed(LONG), AT + MINUTE) == 1
    with pytest.raises(AlertNotDone):
        acting.end_silence(store, number, by=by(AT + MINUTE))
    with pytest.raises(AlertNotDone, match="long"):
        acting.silence(store, replace(wanted, rule="nope"), rules=["long"], by=by(AT))


def test_what_ended_long_ago_is_forgotten(store: Store) -> None:
    """After ninety days, with what happened to it."""
    for minute, value in enumerate((LONG, SHORT, SHORT, SHORT)):
        evaluating(store).evaluate(observed(value), AT + minute * MINUTE)
    later = AT + timedelta(days=91)
    evaluating(store).evaluate(observed(LONG), later)
    with store.read() as tx:
        assert incidents.listing(tx, ended=True) == []
        assert incidents.events_of(tx, 1) == []


def test_what_a_machine_measures_of_itself_says_nothing_of_others(
    store: Store, tmp_path: Path
) -> None:
    """Its looks bear its name, also put together; the incident of another machine stays."""
    disk = Rule(name="disk", signal="disk_free", limit=10, clear_after=MINUTE)
    full = Measurement(signal="disk_free", subject="another machine", value=1)
    plan = replace(PLAN, rules=[disk])
    observed_there = Observed(frozenset({"disk_free"}), [full], "another machine")
    assert evaluating(store, plan).evaluate(observed_there, AT) == 1
    in_store = StoreMeasuring(store, ("provincial",), lambda: AT)
    on_disk = LocalMeasuring(store=store, place=tmp_path)
    for minute in range(1, 5):
        at = AT + minute * MINUTE
        observed_here = together([in_store.measure(at), on_disk.measure(at)])
        assert observed_here.host == socket.gethostname()
        evaluating(store, plan).evaluate(observed_here, at)
    with store.read() as tx:
        assert "another machine" in [it.subject for it in incidents.listing(tx)]

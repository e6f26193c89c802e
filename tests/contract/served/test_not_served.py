"""A contract that is not served, cannot be read or cannot be had now: a fact, never a finding."""

from datetime import timedelta

import pytest

from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.messages import catalog
from hub.operations.contracts.watching import RETRY
from hub.ports import FetchOutcome
from hub.rules.calls.call_limits import CallLimits, Dated
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support.watched_contract import DAY, START, Watched, reader_of

K = FaultKind


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(kind=K.LOST, status=404, operations=("contract",)), "HTTP 404"),
        (Fault(kind=K.LOST, status=403, operations=("contract",)), "HTTP 403"),
        (Fault(kind=K.HTML, operations=("contract",)), "an HTML page"),
        (Fault(kind=K.REDIRECT, operations=("contract",)), "HTTP 302"),
    ],
    ids=["gone", "refused", "page", "redirect"],
)
def test_a_partner_that_serves_none_is_a_fact_and_no_finding(
    watched: Watched, province: SimulatorProcess, fault: Fault, why: str
) -> None:
    """Kept with its reason, asked again after an hour, then day by day; what was served before is
    still known."""
    watched.check()
    before = watched.kept
    province.set_faults([fault])
    for wait in (DAY, RETRY, DAY):
        assert watched.check(wait)
    kept = watched.kept
    assert (kept.outcome, kept.why) == (FetchOutcome.NONE, why)
    assert kept.next_at == watched.now + DAY
    assert (kept.fingerprint, kept.fetched_at) == (before.fingerprint, before.fetched_at)
    assert (watched.open_tasks, watched.drift) == ([], set())
    province.clear_faults()
    watched.check(DAY)
    assert (watched.kept.outcome, watched.open_tasks) == (FetchOutcome.SERVED, [])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=K.HUGE, operations=("contract",)),
        Fault(kind=K.TRUNCATED, operations=("contract",)),
        Fault(kind=K.ENTITIES, operations=("contract",)),
        Fault(kind=K.DEEP, operations=("contract",)),
    ],
    ids=["huge", "half", "entities", "deep"],
)
def test_what_cannot_be_read_is_kept_with_its_reason(
    watched: Watched, province: SimulatorProcess, fault: Fault
) -> None:
    """No entities, no document without an end; neither ends the hub nor opens a task."""
    province.set_faults([fault])
    watched.check()
    assert watched.kept.outcome == FetchOutcome.UNREADABLE
    assert watched.kept.why
    assert watched.open_tasks == []


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (Fault(kind=K.DROP_AFTER_ACCEPT, operations=("contract",)), RETRY),
        (Fault(kind=K.SERVER_ERROR, status=502, operations=("contract",)), RETRY),
        (Fault(kind=K.BUSY, seconds=60, operations=("contract",)), RETRY),
        (Fault(kind=K.BUSY, seconds=3600, operations=("contract",)), RETRY),
        (Fault(kind=K.DOWN), RETRY),
    ],
    ids=["cut", "gateway", "busy", "busy an hour", "down"],
)
def test_a_partner_that_is_away_is_asked_again_an_hour_later(
    watched: Watched, province: SimulatorProcess, fault: Fault, wait: timedelta
) -> None:
    """Its contract is not taken for gone."""
    province.set_faults([fault])
    watched.check()
    assert watched.kept.outcome == FetchOutcome.AWAY
    assert not watched.check(wait - timedelta(seconds=1))
    province.clear_faults()
    assert watched.check(timedelta(seconds=1))
    assert (watched.kept.outcome, watched.open_tasks) == (FetchOutcome.SERVED, [])


def test_a_schema_that_is_away_for_a_moment_is_not_taken_for_gone(
    watched: Watched, province: SimulatorProcess
) -> None:
    """Half a contract would be a hundred fields that are gone."""
    watched.check()
    fault = Fault(kind=K.SERVER_ERROR, status=503, operations=("contract",), probability=0.7)
    province.set_faults([fault])
    for _ in range(8):
        watched.check(DAY)
    assert (watched.open_tasks, watched.drift) == ([], set())


def test_a_partner_that_is_paused_or_closed_is_left_alone(
    store: Store, province: SimulatorProcess
) -> None:
    """It is asked when it takes calls again."""
    window = Dated(
        partner=catalog.PROVINCIAL,
        reason_vi="bảo trì",
        reason_en="maintenance",
        valid_from=START.date() - DAY,
        source="test",
        starts=START - timedelta(hours=1),
        ends=START + timedelta(hours=1),
    )
    reader = reader_of(province)
    watched = Watched(store, reader, known=CallLimits(windows=(window,)))
    assert not watched.check()
    watched.known = CallLimits()
    pause = pauses.Pause(
        destination=catalog.PROVINCIAL,
        operation="province.dossier",
        kind="circuit",
        phase="open",
        openings=1,
        since=START,
        until=START + timedelta(minutes=5),
        expires_at=START + timedelta(minutes=5),
        code="partner_unreachable",
        reason_vi="x",
        reason_en="x",
    )
    with store.write() as tx:
        pauses.post(tx, pause)
    assert not watched.check()
    assert watched.check(timedelta(minutes=6))
    reader.close()

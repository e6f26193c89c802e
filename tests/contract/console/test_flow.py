"""Samples of the flow and their charts, on both databases."""

from datetime import timedelta

from hub.exchange.outbox.emit import emit
from hub.operations.flow.curves import SPANS, curves
from hub.operations.flow.sampling import FlowSampling
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.monitoring import flow_samples
from hub.store.monitoring.flow_samples import KEPT
from tests.contract.console.conftest import Look
from tests.support.console import TO, dead, sending
from tests.support.works import AT, record, step

MINUTE = timedelta(minutes=1)


def test_a_sample_holds_depth_totals_and_critical_time(store: Store) -> None:
    """Of what was delivered since the sample before, from its opening on."""
    sampling = FlowSampling(store, [TO])
    sampling.sample(AT - MINUTE)
    with store.write() as tx:
        id = sending(tx, step(1, 1))
        transitions.deliver(tx, [(id, "r")], now=AT + timedelta(seconds=7), from_state=S.SENDING)
        dead(tx, record(2, 1))
        emit(tx, [step(3, 1)], AT)
    sampling.sample(AT + MINUTE)
    with store.read() as tx:
        first, second = flow_samples.of_destination(tx, TO, since=AT - MINUTE)
    assert (first.accepted, first.critical_95) == (0, None)
    assert (second.accepted, second.delivered, second.open, second.needing_person) == (3, 1, 1, 1)
    assert second.critical_median == second.critical_95 == timedelta(seconds=7)


def test_one_sample_a_minute_however_often_the_timer_sweeps(store: Store) -> None:
    """And none is older than a week; a clock that was ahead stops nothing."""
    sampling = FlowSampling(store, [TO])
    for seconds in (0, 1, 30, 61):
        sampling.sample(AT + timedelta(seconds=seconds))
    with store.read() as tx:
        assert len(flow_samples.of_destination(tx, TO, since=AT)) == 2
    sampling.sample(AT - timedelta(hours=1))
    sampling.sample(AT + KEPT + 2 * MINUTE)
    with store.read() as tx:
        assert len(flow_samples.of_destination(tx, TO, since=AT - KEPT)) == 1


def test_a_curve_has_the_rate_between_samples(store: Store) -> None:
    """And no more points than a chart shows; a longer span reads fewer samples."""
    sampling = FlowSampling(store, [TO])
    for minute in range(130):
        if minute == 100:
            with store.write() as tx:
                id = sending(tx, step(1, 1))
                transitions.deliver(tx, [(id, "r")], now=AT, from_state=S.SENDING)
        sampling.sample(AT + minute * MINUTE)
    with store.read() as tx:
        every = flow_samples.of_destination(tx, TO, since=AT)
        fifth = flow_samples.of_destination(tx, TO, since=AT, each=5)
    assert (len(every), len(fifth)) == (130, 26)
    found = curves(TO, every, SPANS["hour"].length)
    assert [rate for _, rate in found.rate if rate] == [1.0]
    assert len(curves(TO, every, SPANS["day"].length).depth) < 130


def test_the_overview_draws_a_chart_for_each_partner(look: Look, store: Store) -> None:
    """Over the span that the address says; another word is refused."""
    FlowSampling(store, [TO]).sample(AT)
    browser = look(store, clock=lambda: AT + MINUTE)
    for span in SPANS:
        page = browser.get("/", params={"span": span}).text
        assert page.count("<svg") == 9
        assert f'data-live="/live/overview/{span}"' in page
        assert page.count('<polyline class="curve"') >= 1
    assert browser.get("/", params={"span": "year"}).status_code == 422

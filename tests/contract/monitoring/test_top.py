"""`hub top` on both databases: what it reads, and that its picture fits into 80 columns."""

from collections.abc import Sequence
from datetime import timedelta
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from hub.broker.admin.figures import QueueFigures
from hub.cli.top import screen
from hub.cli.top.reading import TopReader, TopView
from hub.exchange.outbox.emit import emit
from hub.operations.flow.sampling import FlowSampling
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.texts import Language, use_language
from tests.support.console import dead, sending
from tests.support.works import AT, record, step

MINUTE = timedelta(minutes=1)


def view_of(store: Store, *, at_minute: int = 0) -> TopView:
    """Return what is read some minutes after the beginning."""
    return TopReader(store, ("", "")).read(AT + at_minute * MINUTE)


def lines_of(view: TopView, *, paused: bool = False, away: str = "") -> Sequence[str]:
    """Return the picture as a terminal of 80 columns shows it."""
    written = StringIO()
    console = Console(width=80, height=24, file=written, color_system=None)
    console.print(screen.picture(view, paused=paused, away=away))
    console.print(screen.keys())
    return written.getvalue().splitlines()


def test_open_work_delivered_rate_and_critical_time_stand_in_a_line(store: Store) -> None:
    """One delivered in a minute between two samples, two left; the oldest counts from its start."""
    sampling = FlowSampling(store, ("provincial",))
    sampling.sample(AT - MINUTE)
    with store.write() as tx:
        id = sending(tx, record(1, 1))
        transitions.deliver(tx, [(id, "r")], now=AT + MINUTE, from_state=S.SENDING)
        emit(tx, [record(2, 1), step(2, 2)], AT)
    sampling.sample(AT + MINUTE)
    (line,) = [it for it in view_of(store, at_minute=2).partners if it.partner == "provincial"]
    assert (line.open, line.delivered, line.dead, line.ambiguous) == (2, 1, 0, 0)
    assert line.rate == 0.5
    assert line.critical == MINUTE
    assert line.oldest == AT
    assert line.holds


@pytest.mark.parametrize("language", Language)
def test_the_picture_fits_into_80_columns(store: Store, language: Language) -> None:
    """Nothing is broken into a second line but the sentence on top; keys are named below."""
    with store.write() as tx:
        for n in range(1, 12):
            dead(tx, record(n, 1), code="partner_refused" if n % 2 else "reply_rejected")
    use_language(language)
    lines = lines_of(view_of(store), away="StoreUnavailable")
    assert max(map(cell_len, lines)) <= 80
    assert len(lines) <= 24
    assert any("hub deliveries attention" in it for it in lines)
    assert any("StoreUnavailable" in it for it in lines)
    assert lines[-1].startswith("q ")


def test_a_broker_that_does_not_answer_is_one_line(store: Store) -> None:
    """And with a broker its queues that are not empty are another."""
    view = view_of(store)
    object.__setattr__(view, "queues", None)
    assert "RabbitMQ does not answer." in lines_of(view)
    queue = QueueFigures(name="hub.dead", present=True, ready=3, unacknowledged=1, consumers=0)
    object.__setattr__(view, "queues", [queue])
    assert "Queues (ready+in hand): hub.dead 3+1" in lines_of(view)


def test_pauses_stand_in_the_place_of_what_needs_a_person(store: Store) -> None:
    """After the key p; without any, the screen says so."""
    with store.write() as tx:
        dead(tx, record(1, 1))
    command = "  hub deliveries attention"
    assert command in lines_of(view_of(store))
    lines = lines_of(view_of(store), paused=True)
    assert "Nothing is paused." in lines
    assert command not in lines

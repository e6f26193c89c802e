"""Questions to a partner that end without an answer written: no death, and no other answer lost."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.exchange.delivery import settle as settling
from hub.exchange.delivery.reconcile import Reconcile
from hub.exchange.delivery.settle import CallOutcome, SettleContext
from hub.exchange.isolation.open_queries import STOPPED, OpenQueries
from hub.store.deliveries import doubts
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import deliveries
from tests.integration.reconcile.test_two_reconcilers import SECOND, in_doubt, reconciler, settled
from tests.support.partners.partner import Partner
from tests.support.works import AT, now


def unended(store: Store, count: int) -> list[int]:
    """Return for each delivery how many questions about it look like a death of the process."""
    with store.read() as tx:
        return [doubts.queries_unended(tx, id) for id in range(1, count + 1)]


def asking(store: Store, partner: Partner, notes: Path | None = None) -> Reconcile:
    """Return a reconciler for several questions at once."""
    made = reconciler(store, partner, now)
    made.at_once = 4
    made.crash_pause = 0
    made.questions = OpenQueries(store, "provincial", clock=now, markers=notes)
    return made


def test_an_answer_that_cannot_be_written_harms_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are settled in the same round; that one is asked about again, and settled then."""
    partner = Partner()
    in_doubt(store, partner, 4)
    failed = list[int]()
    write = settling.write

    def failing(tx: Tx, ctx: SettleContext, outcomes: list[CallOutcome], **told: Any) -> None:
        if outcomes[0].claimed.id == 2 and not failed:
            failed.append(2)
            raise ValueError("a fault of ours")
        write(tx, ctx, outcomes, **told)

    monkeypatch.setattr(settling, "write", failing)
    at = [AT + SECOND]
    asker = asking(store, partner)
    asker.clock = lambda: at[0]
    with ThreadPoolExecutor(4) as pool:
        assert asker.query_some(pool) == 4
        assert (settled(store), unended(store, 4)) == (3, [0, 0, 0, 0])
        at[0] += asker.reserved_for * 4
        assert asker.query_some(pool) == 1
    assert settled(store) == 4


def test_a_stop_waits_for_the_answer_under_way(store: Store) -> None:
    """A slow partner's answer is written, and nothing is left that looks like a death."""
    partner = Partner()
    in_doubt(store, partner, 1)
    asker = asking(store, partner)
    assert asker.stop_within > partner.traits.longest_send.total_seconds()
    partner.answers.clear()
    asker.start()
    assert partner.asking.acquire(timeout=20)
    stopper = threading.Thread(target=asker.stop)
    stopper.start()
    assert asker.stopping.wait(20)
    partner.answers.set()
    stopper.join(20)
    assert (settled(store), unended(store, 1)) == (1, [0])


def test_an_answer_that_comes_after_another_process_took_over_is_no_death(store: Store) -> None:
    """It is dropped, and the query is closed when the role ends."""
    partner = Partner()
    in_doubt(store, partner, 1)
    asker = asking(store, partner)
    partner.answers.clear()
    asker.start()
    assert partner.asking.acquire(timeout=20)
    with store.write() as tx:
        tx.execute(sa.update(deliveries).values(attempts=deliveries.c.attempts + 1))
    partner.answers.set()
    asker.stop()
    assert (settled(store), unended(store, 1)) == (0, [0])


def test_a_question_that_outlasts_the_stop_is_no_death(store: Store) -> None:
    """Its partner never answers: the process ends with it, and not of it."""
    partner = Partner()
    in_doubt(store, partner, 1)
    asker = asking(store, partner)
    asker.stop_within = 0.05
    partner.answers.clear()
    asker.start()
    thread = asker.thread
    assert thread is not None
    assert partner.asking.acquire(timeout=20)
    assert unended(store, 1) == [1]
    asker.stop()
    assert unended(store, 1) == [0]
    partner.answers.set()
    thread.join(20)


def stop_while_away(store: Store, asker: Reconcile, partner: Partner) -> None:
    """Let the store go away while questions are under way, and then stop the role."""
    write, away = store.write, threading.Event()

    @contextmanager
    def may_be_away() -> Iterator[Tx]:
        if away.is_set():
            raise sa.exc.TimeoutError("gone")
        with write() as tx:
            yield tx

    with pytest.MonkeyPatch.context() as during:
        during.setattr(store, "write", may_be_away)
        partner.answers.clear()
        asker.start()
        for _ in range(2):
            assert partner.asking.acquire(timeout=20)
        away.set()
        asker.request_stop()
        partner.answers.set()
        asker.stop()


def test_a_stop_while_the_store_is_away_is_no_death(store: Store, tmp_path: Path) -> None:
    """A marker stays on the machine, and the next start there closes the questions."""
    partner = Partner()
    in_doubt(store, partner, 2)
    stop_while_away(store, asking(store, partner, tmp_path / "stopped"), partner)
    assert unended(store, 2) == [1, 1]
    again = asking(store, partner, tmp_path / "stopped")
    again.questions.close_marked()
    assert unended(store, 2) == [0, 0]
    assert list((tmp_path / "stopped").iterdir()) == []
    with store.read() as tx:
        query = sa.text("SELECT DISTINCT outcome FROM attempts WHERE kind = 'find'")
        assert tx.execute(query).scalars().all() == [STOPPED]


def test_a_stop_of_the_last_release_is_no_death(store: Store, tmp_path: Path) -> None:
    """Its marker has another name and is empty."""
    partner = Partner()
    in_doubt(store, partner, 2)
    folder = tmp_path / "stopped"
    stop_while_away(store, asking(store, partner, folder), partner)
    for path in folder.iterdir():
        number, _, delivery = path.read_text(encoding="utf-8").partition(" ")
        path.rename(folder / f"question-provincial-{delivery}-{number}")
    for path in folder.iterdir():
        path.write_bytes(b"")
    asking(store, partner, folder).questions.close_marked()
    assert unended(store, 2) == [0, 0]
    assert list(folder.iterdir()) == []


def test_a_crash_of_the_role_is_no_death(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process lives and closes what it had in hand."""
    partner = Partner()
    in_doubt(store, partner, 1)
    asker = asking(store, partner)

    def crash(*_: object) -> None:
        asker.request_stop()
        raise ValueError("a fault of ours")

    monkeypatch.setattr(asker, "_settle", crash)
    asker.start()
    assert asker.stopping.wait(20)
    asker.stop()
    assert (settled(store), unended(store, 1)) == (0, [0])

"""Drift is counted, told once, listed, and bounded."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.operations.drift.counting import DriftCounts
from hub.operations.drift.keeping import OPEN_AT_MOST, DriftKeeping
from hub.ports import Drift, DriftKind
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import drift
from tests.support.works import now


def seen(place: str, kind: DriftKind = DriftKind.UNKNOWN_FIELD, operation: str = "Op") -> Drift:
    """Return one difference of the province."""
    return Drift(partner="provincial", operation=operation, kind=kind, place=place)


def open_details(store: Store) -> list[str]:
    """Return what the open tasks say."""
    with store.read() as tx:
        return [row.detail for row in tasks.still_open(tx)]


def test_a_new_element_in_every_reply_is_one_task_and_is_counted(store: Store) -> None:
    """However many operations carry it, and however often."""
    counts = DriftCounts()
    keeping = DriftKeeping(store, counts, clock=now)
    for operation in ("DangNhap", "TraCuuHoSo"):
        for _ in range(3):
            counts.observe([seen(f"{operation}Response/thoiGianXuLy", operation=operation)])
    assert keeping.keep() == 1
    counts.observe([seen("DangNhapResponse/thoiGianXuLy", operation="DangNhap")])
    assert keeping.keep() == 0
    (detail,) = open_details(store)
    assert "thoiGianXuLy" in detail
    assert "DangNhap" in detail
    with store.read() as tx:
        found = {row.key.operation: row.count for row in drift.of_partner(tx, "provincial")}
    assert found == {"DangNhap": 4, "TraCuuHoSo": 3}


def test_a_task_that_a_person_closed_is_not_opened_again(store: Store) -> None:
    """It was read; only something new is news."""
    counts = DriftCounts()
    keeping = DriftKeeping(store, counts, clock=now)
    counts.observe([seen("a")])
    assert keeping.keep() == 1
    with store.write() as tx:
        (row,) = tasks.still_open(tx)
        tasks.close(tx, row.number, actor="x", reason="meant", now=now())
    counts.observe([seen("a"), seen("b")])
    assert keeping.keep() == 1
    (detail,) = open_details(store)
    assert "Op b" in detail


def test_another_dialect_altogether_is_told_in_few_tasks_and_kept_in_few_rows(
    store: Store,
) -> None:
    """A partner that puts numbers into names fills nothing."""
    counts = DriftCounts()
    keeping = DriftKeeping(store, counts, clock=now)
    for number in range(2 * drift.MOST):
        counts.observe([seen(f"field{number:04d}")])
    keeping.keep()
    assert len(open_details(store)) == OPEN_AT_MOST
    with store.read() as tx:
        rows = drift.of_partner(tx, "provincial")
    assert len(rows) == drift.MOST + 1
    assert sum(row.count for row in rows) == 2 * drift.MOST


def test_what_cannot_be_written_is_counted_on(store: Store) -> None:
    """A store that is away loses no count and stops no call."""
    counts = DriftCounts()
    counts.observe([seen("a")])
    taken = counts.drain()
    counts.observe([seen("a"), seen("b", DriftKind.BLANKS)])
    counts.give_back(taken)
    assert sorted(counts.drain().values()) == [1, 2]
    assert counts.drain() == {}
    assert DriftKeeping(store, counts, clock=now).keep() == 0


@pytest.mark.parametrize("words", [("partners", "drift"), ("partners", "drift", "province")])
def test_the_list_names_partner_place_and_times(installed: Store, words: tuple[str, ...]) -> None:
    """What an operator asks after reading the task."""
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert "No difference" in result.output
    with installed.write() as tx:
        key = drift.DriftKey("provincial", "TraCuuHoSo", "unknown_field", "HoSo/moi")
        drift.add(tx, {key: 3}, now=now() - timedelta(days=1))
        drift.add(tx, {key: 2}, now=now())
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for word in ("provincial", "TraCuuHoSo", "HoSo/moi", "5", "carry a new field"):
        assert word in result.output

"""A run does not grow with the dossiers that something keeps: they are put off for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.messages.payloads import Status
from hub.operations.archive import holding
from hub.operations.archive.config import Archive
from hub.operations.archive.run import selecting
from hub.operations.archive.run.archiving import rehearse, run
from hub.rules.retention.ends import KeepReason
from hub.store.archive import index, rows
from hub.store.records import dossiers as store
from hub.store.schema.tables.records import dossiers
from tests.contract.archive.conftest import BY
from tests.support.archive.ended import LONG_AFTER, end
from tests.support.ward import Ward

MONTH = timedelta(days=31)


@contextmanager
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the dossiers whose rows are read."""
    seen: list[str] = []
    load = rows.load

    def noted(tx: sa.Connection, numbers: list[str], **options: bool) -> list[rows.Rows]:
        seen.extend(numbers)
        return load(tx, numbers, **options)

    with monkeypatch.context() as patched:
        patched.setattr(rows, "load", noted)
        yield seen


def later(archive: Archive, by: timedelta) -> Archive:
    """Return the archive some time later."""
    return replace(archive, clock=lambda: LONG_AFTER + by)


def uncollected(ward: Ward, name: str) -> None:
    """Have nobody collect the result of a dossier, which is old enough, but for the year more."""
    change(ward, name, status=int(Status.FINISHED), status_at=LONG_AFTER - timedelta(days=500))


def change(ward: Ward, name: str, **values: object) -> None:
    """Change a dossier's row."""
    with ward.store.write() as tx:
        tx.execute(sa.update(dossiers).where(dossiers.c.number == name).values(values))


def task(ward: Ward, name: str) -> None:
    """Open a task for a dossier."""
    text = """INSERT INTO tasks (kind, subject, destination, owner, detail, repair, opened_at)
        VALUES ('x', :name, 'provincial', 'ward clerk', '', '', 1)"""
    with ward.store.write() as tx:
        tx.execute(sa.text(text), {"name": name})


def settle_task(ward: Ward) -> None:
    """Close every task."""
    with ward.store.write() as tx:
        tx.execute(sa.text("UPDATE tasks SET closed_at = 1, closed_by = 'x', closed_why = 'y'"))


def test_what_something_keeps_is_not_read_again_by_the_next_run(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by one that archives, not by one that erases, here or in the archive; whatever keeps."""
    held, tasked, early = (end(ward, n) for n in (1, 2, 3))
    holding.hold(ward.store, held, BY)
    task(ward, tasked)
    uncollected(ward, early)
    erasing = replace(archive, personal=timedelta(days=365))
    assert dict(run(erasing, BY).kept) == {
        KeepReason.LEGAL_HOLD: 1,
        KeepReason.TASK_OPEN: 1,
        KeepReason.TOO_YOUNG: 1,
    }
    end(ward, 4)
    with loaded(monkeypatch) as seen:
        report = run(archive, BY)
    assert (report.archived, dict(report.kept)) == (1, {})
    assert not {held, tasked, early} & set(seen)
    with loaded(monkeypatch) as seen:
        run(erasing, BY)
    assert seen == []


def test_an_archived_dossier_that_is_held_is_put_off_from_erasing(
    ward: Ward, archive: Archive
) -> None:
    """Its key stays as long as the hold; released, the next run deletes it."""
    name = end(ward, 1)
    run(archive, BY)
    holding.hold(ward.store, name, BY)
    old = later(archive, timedelta(days=2000))
    run(old, BY)
    with ward.store.read() as tx:
        again = sa.text("SELECT erase_again FROM archived_dossiers")
        assert tx.execute(again).scalar_one() is not None
        assert index.keys(tx, [name])
    holding.release(ward.store, name, BY)
    assert run(old, BY).erased == 1


def test_a_dossier_that_is_released_goes_with_the_next_run(ward: Ward, archive: Archive) -> None:
    """A person has decided, and does not wait for a month."""
    name = end(ward, 1)
    holding.hold(ward.store, name, BY)
    run(archive, BY)
    holding.release(ward.store, name, BY)
    assert run(archive, BY).archived == 1


def test_what_was_settled_goes_next_month_or_when_a_person_says_so(
    ward: Ward, archive: Archive
) -> None:
    """The timer looks once a month; `--again` and the dry run look at all."""
    for n in (1, 2):
        task(ward, end(ward, n))
    run(archive, BY)
    assert dict(rehearse(archive).kept) == {KeepReason.TASK_OPEN: 2}
    settle_task(ward)
    assert rehearse(archive).archived == 2
    assert run(archive, BY).archived == 0
    assert run(later(archive, MONTH), BY).archived == 2


def test_looking_again_counts_each_dossier_once(ward: Ward, archive: Archive) -> None:
    """Those that were put off, and those that were not."""
    task(ward, end(ward, 1))
    run(archive, BY)
    task(ward, end(ward, 2))
    assert dict(run(archive, BY, again=True).kept) == {KeepReason.TASK_OPEN: 2}
    assert dict(run(archive, BY, before=LONG_AFTER).kept) == {KeepReason.TASK_OPEN: 2}
    settle_task(ward)
    assert run(archive, BY, again=True).archived == 2


def test_a_result_that_nobody_collects_is_looked_at_when_it_comes_of_age(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not each month of the year that it stays longer."""
    name = end(ward, 1)
    uncollected(ward, name)
    run(archive, BY)
    for months in range(1, 6):
        with loaded(monkeypatch) as seen:
            run(later(archive, months * MONTH), BY)
        assert seen == [], months
    assert run(later(archive, timedelta(days=400)), BY).archived == 1


def test_a_dossier_that_moves_on_is_looked_at_anew(ward: Ward, archive: Archive) -> None:
    """What was known of its end is no longer true."""
    name = end(ward, 1)
    uncollected(ward, name)
    run(archive, BY)
    with ward.store.write() as tx:
        assert tx.execute(sa.select(dossiers.c.archive_again)).scalar_one() is not None
        found = store.get(tx, name)
        assert found is not None
        store.save(tx, replace(found, status=Status.RETURNED, returned_at=LONG_AFTER))
    assert run(archive, BY).archived == 1


def test_dossiers_that_were_put_off_share_a_file_with_those_of_their_month(
    ward: Ward, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file for a month, whenever the last status of each was set."""
    monkeypatch.setattr(selecting, "PAGE", 1)
    since = LONG_AFTER - timedelta(days=500)
    for n in range(1, 5):
        times = {"archive_again": since} if n % 2 else {"status_at": since}
        change(ward, end(ward, n), **times)
    report = run(archive, BY)
    assert (report.archived, len(report.files)) == (4, 1)

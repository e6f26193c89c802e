"""A list that is empty, filtered otherwise or late ends no task and opens no false one."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hub.operations.comparison.lists import run
from hub.operations.comparison.lists.problems import ListRefused
from hub.store.engine.store import Store
from hub.store.repair import tasks
from tests.integration.repair.test_partner_lists import (
    DAY,
    WRITTEN,
    audited,
    compare,
    deliver,
    export,
    installed,
    kinds,
    move_on,
    open_tasks,
    reconcile,
    take_in,
)
from tests.support.works import now, number

__all__ = ["export", "installed"]  # fixtures
LOST = ("unknown_here", number(9), "provincial", "ward clerk")
NEIGHBOUR = "000.98.01.H57-180806-0001"


def done(store: Store) -> None:
    """Close every open task by hand, as `hub tasks done` does."""
    with store.write() as tx:
        for task in tasks.still_open(tx):
            tasks.close(tx, task.number, actor="officer", reason="looked at it", now=now())


def test_an_empty_list_does_not_end_the_trace_of_what_was_lost_here(store: Store) -> None:
    """It is refused where something was delivered, and proves nothing where nothing was."""
    known = take_in(store, 1)
    deliver(store)
    compare(store, (known, "2"), (number(9), "2"))
    with pytest.raises(ListRefused, match="no dossier on the list"):
        compare(store)
    assert open_tasks(store) == {LOST}


def test_after_an_old_backup_no_list_ends_anything_by_what_it_lacks(store: Store) -> None:
    """Of a day that was lost as a whole nothing is known to have been delivered, so nothing tells
    a right list from a wrong one; what is entered again ends its task."""
    compare(store, (number(9), "2"), (number(8), "2"))
    for rows in ((), ((number(8), "2"),), ((number(8).replace("06-", "05-"), "2"),)):
        report = compare(store, *rows)
        assert (report.closed, report.agrees, LOST in open_tasks(store)) == (0, False, True)
    assert report.left == 2
    take_in(store, 9)
    assert compare(store, (number(8), "2")).closed == 1


def test_a_list_that_lacks_something_ends_nothing_by_what_it_lacks(store: Store) -> None:
    """A wrong filter hides the lost dossier as it hides the delivered one; the whole list ends the
    task."""
    one, two = take_in(store, 1), take_in(store, 2)
    deliver(store)
    compare(store, (one, "2"), (two, "2"), (number(9), "2"))
    filtered = compare(store, (one, "2"))
    assert (filtered.opened, filtered.closed, filtered.left) == (1, 0, 1)
    assert LOST in open_tasks(store)
    whole = compare(store, (one, "2"), (two, "2"))
    assert (whole.closed, whole.left, open_tasks(store)) == (2, 0, set())


def test_what_a_person_closed_is_not_opened_again_by_a_list_of_that_day(store: Store) -> None:
    """It is counted, and the day agrees; another difference or another day's list is a new one;
    what the hub closed comes again."""
    known = take_in(store, 1)
    deliver(store)
    assert compare(store, (known, "9"), (number(9), "2")).opened == 2
    done(store)
    again = compare(store, (known, "9"), (number(9), "2"))
    assert (again.findings, again.opened, again.dismissed, again.agrees) == ((), 0, 2, True)
    other = compare(store, (known, "3"), (number(9), "2"))
    assert (other.opened, other.dismissed) == (1, 1)
    assert compare(store, (known, "2"), (number(9), "2")).closed == 1
    assert compare(store, (known, "3"), (number(9), "2")).opened == 1
    next_day = compare(store, (number(9), "2"), day=DAY + timedelta(days=1))
    assert (next_day.opened, next_day.dismissed) == (1, 0)


def test_numbers_of_other_wards_become_no_tasks(store: Store) -> None:
    """Single ones are left out and counted; a list that nobody filtered is refused as a whole."""
    known = take_in(store, 1)
    deliver(store)
    report = compare(store, (known, "2"), (NEIGHBOUR, "2"))
    assert (report.others, report.findings, report.agrees) == (1, (), True)
    with pytest.raises(ListRefused, match="of other agencies"):
        compare(store, (known, "2"), (NEIGHBOUR, "2"), (NEIGHBOUR.replace("98", "97"), "2"))
    assert open_tasks(store) == set()


def test_more_differences_than_a_ward_has_dossiers_are_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the limit they become tasks."""
    monkeypatch.setattr(run, "MOST_FINDINGS", 3)
    rows = [(number(n), "2") for n in range(1, 5)]
    with pytest.raises(ListRefused, match="4 differences, more than 3"):
        compare(store, *rows)
    assert open_tasks(store) == set()
    assert compare(store, *rows[1:]).opened == 3


def test_a_year_of_four_digits_is_the_same_dossier(store: Store) -> None:
    """Neither missed nor unknown; one that is unknown is told under the number to enter."""
    known = take_in(store, 1)
    deliver(store)
    report = compare(store, *((n.replace("-18", "-2018"), "2") for n in (known, number(9))))
    assert [(f.kind, f.subject) for f in report.findings] == [("unknown_here", number(9))]
    assert compare(store, (known, "2"), (number(9), "2")).opened == 0


def late(store: Store, export: Callable[..., Path]) -> Path:
    """Deliver a dossier after the export of a list that is saved anew still later."""
    known = take_in(store, 1)
    deliver(store)
    take_in(store, 2)
    deliver(store, WRITTEN + timedelta(minutes=30))
    return export(f"{known},x,2", at=WRITTEN + timedelta(hours=2))


def test_the_time_of_the_export_can_be_told(installed: Store, export: Callable[..., Path]) -> None:
    """What was delivered between export and "Save as" is not judged, instead of missed."""
    option = ("--list", f"provincial={late(installed, export)}")
    told = reconcile(*option, "--exported-at", "16:00")  # WRITTEN by the ward's clock
    assert (told.exit_code, kinds(installed)) == (1, set())
    assert "list exported at 16:00 06/08/2018" in told.output
    assert "1 not judged" in told.output
    with_day = reconcile(*option, "--exported-at", "2018-08-06T16:00")
    assert "list exported at 16:00 06/08/2018" in with_day.output
    later = reconcile(*option, "--exported-at", "2018-08-07T08:00")
    assert "18:00 06/08/2018 is taken, it is before --exported-at" in later.output


def test_without_it_the_time_that_is_taken_is_told(
    installed: Store, export: Callable[..., Path]
) -> None:
    """With what to do where it is not the export's."""
    found = reconcile("--list", f"provincial={late(installed, export)}")
    assert kinds(installed) == {"not_listed"}
    assert "the file's own time 18:00 06/08/2018 is taken" in found.output
    assert "--exported-at HH:MM" in found.output


@pytest.mark.parametrize("time", ["", "25:00", "16h", "2018-08-05T16:00", "2999-01-01T16:00"])
def test_a_time_that_cannot_be_is_refused(
    installed: Store, export: Callable[..., Path], time: str
) -> None:
    """No time, before the day, to come: code 2, nothing compared."""
    refused = reconcile("--list", f"provincial={export()}", "--exported-at", time)
    assert refused.exit_code == 2
    assert "--exported-at" in refused.output
    assert audited(installed) == []


def test_a_time_without_a_list_is_refused(installed: Store) -> None:
    """It would look as if it had been heeded."""
    assert reconcile("--exported-at", "16:00").exit_code == 2


def test_what_was_left_out_is_told(installed: Store, export: Callable[..., Path]) -> None:
    """Numbers of others, lines below the table, what a person settled and what is left to one."""
    known, moved = take_in(installed, 1), take_in(installed, 2)
    move_on(installed, moved)
    deliver(installed)
    rows = [f"{known},x,2", f"{moved},x,9"]
    reconcile("--list", f"provincial={export(*rows)}")
    done(installed)
    reconcile("--list", f"provincial={export(*rows, f'{number(9)},x,2')}")
    file = export(rows[1], f"{NEIGHBOUR},x,2", "Tổng số: 2 hồ sơ")
    found = reconcile("--list", f"provincial={file}").output
    for words in (
        "1 numbers of other agencies",
        "ines at the end without a dossier number, left out: 4",
        "1 differences that a person closed",
        "1 tasks left to a person",
    ):
        assert words in found


def test_of_two_lists_the_one_that_is_refused_is_named(
    installed: Store, export: Callable[..., Path]
) -> None:
    """Its partner stands in the first line; nothing of the other one is stored either."""
    take_in(installed, 1)
    deliver(installed)
    file = export()
    refused = reconcile("--list", f"town_center={file}", "--list", f"provincial={file}")
    assert refused.exit_code == 2
    assert "--list provincial: not used" in refused.output
    assert audited(installed) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("vi", ("đối tác", "không đọc được", "viết")), ("en", ("partner", "cannot be read", "write"))],
)
def test_a_wrong_option_is_refused_in_the_chosen_language(
    installed: Store, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    """As every other sentence about a list."""
    monkeypatch.setenv("HUB_LANGUAGE", language)
    for option in ("ministry=x.csv", "provincial", "provincial=/none"):
        output = reconcile("--list", option).output
        assert any(word in output for word in words), output

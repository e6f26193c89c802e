"""A list that was exported at a partner finds what only one side has, as tasks, and ends them."""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.cli.context import system_user
from hub.cli.partners import compare as comparing
from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.operations.comparison.lists.problems import ListRefused
from hub.operations.comparison.lists.reader import read
from hub.operations.comparison.lists.run import ListReport, reconcile_lists
from hub.ports import Answer, Receipt, Request
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.repair import tasks
from hub.store.schema.tables.exchange import audit as audit_table
from hub.store.schema.tables.exchange import deliveries as delivery_table
from tests.support.database.stores import empty_store
from tests.support.partners.partner import Partner
from tests.support.works import now, number

DAY = date(2018, 8, 6)
EXAMPLE = Path(__file__).parents[3] / "schemas/examples/dossier.received.v1.json"
STAYS, INTER_LEVEL = b"1.001193", b"2.000880"
RULES, AGENCY = Rulebook.load(), "000.99.01.H57"
MORNING = datetime(2018, 8, 6, 3, tzinfo=UTC)
WRITTEN = datetime(2018, 8, 6, 9, tzinfo=UTC)
PERSON = "Trần Thị Mẫu"
THREE = ("unknown_here", "not_listed", "listed_differs")


class Agrees(Partner):
    """A partner that has whatever it is asked about."""

    def find(self, request: Request) -> Answer:  # noqa: ARG002
        """It is there."""
        return Receipt(already=True)


def handle(store: Store, message: envelope.Message) -> None:
    """Let the real records handle a message."""
    records = Records(RULES)
    with store.write() as tx:
        emit(tx, list(records(tx, message, catalog.read(message))), MORNING)


def take_in(store: Store, n: int, procedure: bytes = STAYS) -> str:
    """Let the records take in dossier `n` of the day; return its number."""
    example = envelope.decode(EXAMPLE.read_bytes())
    body = EXAMPLE.read_bytes().replace(b"2.000880", procedure)
    body = body.replace(example.key.encode(), number(n).encode())
    handle(store, envelope.decode(body.replace(example.id.encode(), f"in-{n}".encode())))
    return number(n)


def move_on(store: Store, which: str) -> None:
    """Let an officer begin the work on a dossier."""
    at = MORNING + timedelta(hours=3)
    moved = p.DossierProgressed(
        number=which,
        status=p.Status.PROCESSING,
        at=at,
        officer="Lê Văn Thử",
        unit="Địa chính",
    )
    handle(store, catalog.compose(moved, time=at, source="workstation.1", id=f"moved-{which}"))


def deliver(store: Store, at: datetime = MORNING) -> None:
    """Let the partners have everything that is open, at a time."""
    c = delivery_table.c
    while True:
        with store.write() as tx:
            query = sa.select(c.id, c.destination, c.lane).where(c.state == "pending")
            waiting = tx.execute(query).all()
            for row in waiting:
                until = at + timedelta(minutes=1)
                transitions.claim(tx, [row.id], row.destination, now=at, lease_until=until)
                transitions.deliver(tx, [(row.id, "")], now=at, from_state=S.SENDING)
                transitions.release_followers(tx, row.destination, [row.lane], at)
        if not waiting:
            return


def compare(
    store: Store,
    *rows: tuple[str, str],
    partner: str = "provincial",
    day: date = DAY,
    exported_at: datetime = WRITTEN,
) -> ListReport:
    """Compare a list with (number, status) rows."""
    lines = "".join(f"{which};{PERSON};{status}\r\n" for which, status in rows)
    content = f"Mã hồ sơ;Chủ hồ sơ;Trạng thái\r\n{lines}".encode("utf-8-sig")
    listed = read(content, partner=partner, exported_at=exported_at)
    by = {"actor": "officer", "reason": "evening", "now": now()}
    (report,) = reconcile_lists(store, day, [listed], RULES, agency=AGENCY, by=by)  # type: ignore[arg-type]
    return report


def open_tasks(store: Store) -> set[tuple[str, str, str, str]]:
    """Return (kind, subject, destination, owner) of the open tasks."""
    with store.read() as tx:
        return {(t.kind, t.subject, t.destination, t.owner) for t in tasks.still_open(tx)}


def test_both_directions_become_tasks_once_and_end_with_the_next_list(store: Store) -> None:
    """Only there, only sent, another status: one task each with owner and due time; a second run
    opens nothing; the next list ends what is gone; an older day's list ends nothing."""
    known, missed = take_in(store, 1), take_in(store, 2)
    move_on(store, known)
    deliver(store)
    only_there = number(9)
    first = compare(store, (known, "Đã xử lý xong"), (only_there, "2"))
    assert (first.opened, first.closed, first.unsure) == (3, 0, 0)
    wanted = {
        ("listed_differs", known, "provincial", "ward clerk"),
        ("not_listed", missed, "provincial", "province"),
        ("unknown_here", only_there, "provincial", "ward clerk"),
    }
    assert open_tasks(store) == wanted
    with store.read() as tx:
        for task in tasks.still_open(tx):
            assert RULES.working_time_between(task.opened_at, task.due_at) == timedelta(hours=8)
    again = compare(store, (known, "9"), (only_there, "2"))
    assert (again.opened, again.closed) == (0, 0)
    yesterday = compare(store, day=DAY - timedelta(days=1))
    assert (yesterday.findings, yesterday.closed) == ((), 0)
    fixed = compare(store, (known, "4"), (missed, "2"))
    assert (fixed.findings, fixed.closed, fixed.agrees) == ((), 3, True)
    assert open_tasks(store) == set()


def test_what_was_lost_here_and_is_entered_again_ends_its_task(store: Store) -> None:
    """With the next list, although it is under way still and cannot be judged otherwise."""
    lost = number(7)
    assert compare(store, (lost, "2")).opened == 1
    take_in(store, 7)
    report = compare(store, (lost, "2"))
    assert (report.closed, report.unsure, open_tasks(store)) == (1, 1, set())


def test_what_is_under_way_or_went_on_after_the_list_is_not_judged(store: Store) -> None:
    """Neither a finding nor the end of one; it is counted, so the day does not pass as equal."""
    which = take_in(store, 1)
    assert compare(store).findings == ()
    shown = (take_in(store, 2), "2")
    deliver(store)
    assert compare(store, shown).opened == 1
    move_on(store, which)
    deliver(store, WRITTEN + timedelta(hours=1))
    report = compare(store, shown)
    assert (report.findings, report.closed, report.unsure, report.agrees) == ((), 0, 1, False)
    assert open_tasks(store) == {("not_listed", which, "provincial", "province")}
    fresh = compare(store, shown, (which, "4"), exported_at=WRITTEN + timedelta(hours=2))
    assert (fresh.closed, fresh.agrees) == (1, True)


def test_each_partner_has_its_own_list(store: Store) -> None:
    """The town is missed only what was handed over to it, and its status is its own; the
    province's list ends no task of the town."""
    stays, goes = take_in(store, 1), take_in(store, 2, INTER_LEVEL)
    move_on(store, goes)  # and so to the town
    deliver(store)
    report = compare(store, (stays, "luân chuyển"), (number(9), ""), partner="town_center")
    assert report.listed.unread == (2,)
    wanted = {
        ("listed_unsent", stays, "town_center", "ward clerk"),
        ("not_listed", goes, "town_center", "town"),
        ("unknown_here", number(9), "town_center", "ward clerk"),
    }
    assert open_tasks(store) == wanted
    assert compare(store, (stays, ""), (goes, "")).closed == 0
    assert open_tasks(store) == wanted
    assert compare(store, (goes, ""), partner="town_center").closed == 3


def test_one_list_of_another_day_keeps_all_of_them_from_being_used(store: Store) -> None:
    """Nothing is written, also not about the list that is right."""
    move_on(store, take_in(store, 1, INTER_LEVEL))
    deliver(store)
    by = {"actor": "officer", "reason": "evening", "now": now()}
    lists = [
        read(f"MaHoSo\n{which}\n".encode(), partner=partner, exported_at=WRITTEN)
        for partner, which in [
            ("provincial", number(9)),
            ("town_center", "000.99.01.H57-180805-0001"),
        ]
    ]
    with pytest.raises(ListRefused):
        reconcile_lists(store, DAY, lists, RULES, agency=AGENCY, by=by)  # type: ignore[arg-type]
    assert open_tasks(store) == set()
    with store.read() as tx:
        assert audit.verify(tx) == (0, [])


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of the installation that the command looks at; its partner has everything."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path / "hub"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(comparing, "make_destinations", lambda _: [Agrees()])
    store = empty_store(tmp_path / "hub/hub.db")
    yield store
    store.close()


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """Write what an officer exported."""

    def write(*rows: str, at: datetime = WRITTEN) -> Path:
        file = tmp_path / "ngay.csv"
        file.write_text("\r\n".join(["MaHoSo,ChuHoSo,TrangThaiHoSo", *rows]), encoding="utf-8")
        os.utime(file, (at.timestamp(), at.timestamp()))
        return file

    return write


def reconcile(*words: str) -> Result:
    """Type the command."""
    return CliRunner().invoke(app, ["partners", "compare", "--day", f"{DAY}", *words])


def audited(store: Store) -> list[tuple[str, str, str, str]]:
    """Return (actor, action, object, reason) of the audit's rows about lists."""
    c = audit_table.c
    query = sa.select(c.actor, c.action, c.object, c.reason).where(c.action == "reconcile.list")
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(query.order_by(c.seq))]


def kinds(store: Store) -> set[str]:
    """Return the kinds of the open tasks."""
    return {kind for kind, *_ in open_tasks(store)}


def test_a_person_compares_a_list(
    installed: Store, export: Callable[..., Path], tmp_path: Path
) -> None:
    """The command tells and keeps the differences, and who compared which file; without a list
    nothing of it is opened or closed; no name of the file is printed or stored."""
    known, missed = take_in(installed, 1), take_in(installed, 2)
    move_on(installed, known)
    deliver(installed)
    assert reconcile().exit_code == 0
    file = export(f"{known},{PERSON},9", f"{number(9)},{PERSON},2")
    found = reconcile("--list", f"provincial={file}")
    assert found.exit_code == 1, found.output
    assert all(kind in found.output for kind in THREE)
    assert "2 numbers, 3 differences: 3 tasks opened, 0 closed; 0 not judged" in found.output
    (row,) = audited(installed)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    what = "2 numbers, 3 differences, 3 tasks opened, 0 closed"
    who = f"Trần Thị Bình ({system_user()})"
    assert row == (who, "reconcile.list", f"provincial 2018-08-06 sha256:{sha256}", what)
    assert reconcile().exit_code == 0
    assert kinds(installed) == set(THREE)
    fixed = export(f"{known},{PERSON},4", f"{missed},{PERSON},2")
    ended = reconcile("--list", f"provincial={fixed}")
    assert (ended.exit_code, "3 closed" in ended.output) == (0, True), ended.output
    assert kinds(installed) == set()
    assert PERSON not in found.output + ended.output
    files = (file for file in (tmp_path / "hub").rglob("*") if file.is_file())
    kept = b"".join(file.read_bytes() for file in files)
    assert all(words.encode() in kept for words in (number(9), sha256, "Nguyễn Văn Mẫu"))
    assert PERSON.encode() not in kept


def test_a_list_that_cannot_be_used_stores_nothing(
    installed: Store, export: Callable[..., Path]
) -> None:
    """Every wrong line is told with what to do; a status of no list is told as well."""
    known = take_in(installed, 1)
    deliver(installed)
    file = export(f"{known},{PERSON},2", f"{PERSON},{known},2", f"{known},{PERSON}", f"x,{PERSON},")
    refused = reconcile("--list", f"provincial={file}")
    assert refused.exit_code == 2
    for words in ("line 3: ", "line 4: ", "line 5: ", "nothing stored", "export it again"):
        assert words in refused.output
    many = reconcile("--list", f"provincial={export(*['x'] * 25)}")
    assert "5 more" in many.output
    another = export("000.99.01.H57-180805-0001,x,2")
    assert "of another day" in reconcile("--list", f"provincial={another}").output
    assert (audited(installed), open_tasks(installed), PERSON in refused.output) == ([], set(), 0)
    with installed.read() as tx:
        assert audit.verify(tx) == (0, [])
    unread = reconcile("--list", f"provincial={export(f'{known},{PERSON},Chờ ký')}")
    assert (unread.exit_code, "1 to 10): line 2" in unread.output) == (1, True)


@pytest.mark.parametrize("option", ["", "x.csv", "provincial=", "ministry={}", "provincial=/none"])
def test_a_wrong_option_ends_with_code_2(
    installed: Store, export: Callable[..., Path], option: str
) -> None:
    """Before anything is compared."""
    assert reconcile("--list", option.format(export())).exit_code == 2
    assert audited(installed) == []


def test_a_partner_has_one_list(installed: Store, export: Callable[..., Path]) -> None:
    """Of two nobody knows which one is whole; one for each partner is right."""
    file = export()
    twice = ("--list", f"provincial={file}", "--list", f"provincial={file}")
    assert reconcile(*twice).exit_code == 2
    both = ("--list", f"provincial={file}", "--list", f"town_center={file}")
    assert reconcile(*both).exit_code == 0
    assert len(audited(installed)) == 2

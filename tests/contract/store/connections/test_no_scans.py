"""No statement of a demo or of a command reads a growing table as a whole, on either database.

Every statement that the store sends during a small demo, in every command and in some rare moves is
explained on an empty store; its plan may not contain a scan of a growing table. Also checked: that
no subquery of these statements lost the query around it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

import hub.cli
from hub.drill.pilot import run as pilot
from hub.file_checks.check import ContentCheck
from hub.messages import payloads as p
from hub.operations import parked_messages
from hub.operations.archive import erasing, holding, restoring
from hub.operations.archive.files import verifying
from hub.operations.archive.run import archiving
from hub.operations.deliveries import pausing
from hub.ports.files import CheckedFile
from hub.settings import Settings
from hub.store.conservation import counts
from hub.store.deliveries import (
    cancellation,
    doubts,
    pauses,
    priority,
    schedule,
    superseding,
)
from hub.store.engine.store import Store
from hub.store.messages import journal, outbox, parked
from hub.store.monitoring import work_counts
from hub.store.records import dossier_claims, early_messages, legs, papers
from hub.store.records.reading import partner_view
from hub.store.repair import deadline_alerts, future_times, replays, restore, tasks
from hub.store.repair.replies import fault_classes, login_tasks, unreadable_replies
from hub.store.schema.growing import BOUNDED, GROWING
from hub.store.schema.tables.exchange import metadata
from tests.contract.archive.conftest import BY, archive_of
from tests.support.archive.ended import LONG_AFTER, end
from tests.support.database.console_questions import console_questions
from tests.support.database.scans import scanned
from tests.support.database.sql_structure import lost_subqueries
from tests.support.database.stores import empty_beside
from tests.support.database.traced import Sent, traced
from tests.support.ward import BIRTH, open_ward, reception
from tests.support.works import now

WANTED = dossier_claims.Wanted(
    client="x", key="y", limit=1, lease=timedelta(minutes=1), allowed=bool
)
READ_AS_A_WHOLE: Mapping[str, str] = {
    "conservation.balance.delivered_by_lane": "the demo's report compares it with the ledgers",
    "records.reading.reports.lines": "the report of all dossiers",
    "records.reading.reports.archived": "what the report of all dossiers leaves out",
    "records.reading.reports.in_status": "the demo's office; the ward's is asked by its officers",
    "records.surveys.all_scores": "the survey's result is that of all slips",
    "monitoring.work_counts.read_one_row": "one row, whichever",
}
WORDS: Mapping[str, tuple[str, ...]] = {
    "deliveries cancel": ("1", "--reason", "a test"),
    "deliveries complete": ("1", "--reason", "a test"),
    "deliveries resolve": ("1", "absent", "--reason", "a test"),
    "deliveries replay": ("--plan", "--destination", "provincial"),
    "deliveries resend": ("1", "--file", "nowhere", "--reason", "a test"),
    "replays show": ("1",),
    "replays start": ("1", "--reason", "a test"),
    "replays pause": ("1", "--reason", "a test"),
    "replays resume": ("1", "--reason", "a test"),
    "replays cancel": ("1", "--reason", "a test"),
    "messages retry": ("--plan", "--code", "handler_failed"),
    "partners pause": ("province", "--reason", "a test"),
    "partners drain": ("province", "--reason", "a test", "--wait", "1s"),
    "partners resume": ("province", "--reason", "a test"),
    "partners compare": ("--day", "2018-08-06"),
    "tasks done": ("1", "--reason", "a test"),
    "partners show": ("province",),
    "partners rehearse": ("province",),
    "dossier trail": ("000.99.01.H57-180806-0001",),
    "archive run": ("--reason", "a test"),
    "archive restore": ("000.99.01.H57-180806-0001", "--reason", "a test"),
    "archive erase": ("000.99.01.H57-180806-0001", "--reason", "a test", "--yes"),
    "devices discover": ("--seconds", "1"),
    "devices snapshot": ("camera-1", "--reason", "a test"),
    "archive hold": ("000.99.01.H57-180806-0001", "--reason", "a test"),
    "archive release": ("000.99.01.H57-180806-0001", "--reason", "a test"),
    "clients add": ("portal", "--operation", "*", "--agency", "*", "--reason", "a test"),
    "clients change": ("portal", "--calls-at-once", "3", "--reason", "a test"),
    "clients rotate": ("portal", "--reason", "a test"),
    "clients retire": ("portal", "--reason", "a test"),
    "webhooks add": ("portal", "https://receiver.example/hook", "--reason", "a test"),
    "webhooks rotate": ("wh-0", "--reason", "a test"),
    "webhooks retire": ("wh-0", "--reason", "a test"),
    "webhooks replay": (
        *("wh-0", "--from", "2018-08-06", "--until", "2018-08-07", "--reason", "a test"),
    ),
    "webhooks test": ("wh-0", "--reason", "a test"),
    "webhooks resume": ("wh-0", "--reason", "a test"),
    "approvals approve": ("1", "--reason", "a test"),
    "approvals refuse": ("1", "--reason", "a test"),
    "approvals withdraw": ("1", "--reason", "a test"),
    "users add": (
        *("binh", "--full-name", "Trần Thị Bình", "--role", "operator", "--reason", "a test"),
    ),
    "users change": ("binh", "--language", "en", "--reason", "a test"),
    "users confirm": ("binh", "--reason", "a test"),
    "users retire": ("binh", "--reason", "a test"),
    "users reset-totp": ("binh", "--reason", "a test"),
    "users lock": ("binh", "--reason", "a test"),
    "users unlock": ("binh", "--reason", "a test"),
    "users link": ("binh", "--oidc-subject", "s", "--reason", "a test"),
    "users unlink": ("binh", "--reason", "a test"),
    "users key": ("binh", "--reason", "a test"),
    "users sessions": ("binh",),
    "users revoke": ("binh", "--reason", "a test"),
    "alerts watch": ("--once", "--url", "http://127.0.0.1:1/readyz"),
    "faults classify": ("provincial", "77", "--as", "transient", "--reason", "a test"),
}
NOT_RUN: Mapping[str, str] = {
    "run": "the demo runs every role",
    "demo": "it is run here with its functions",
    "broker node": "has no store",
    "simulate": "has no store",
    "topology adopt": "needs a broker",
}


_ITEM = replays.ReplayItem(delivery_id=1, attempts=1, fault="", verdict="")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command; `command` is click's, or typer's copy of it."""
    if not hasattr(command, "list_commands"):
        yield path
        return
    if path and command.invoke_without_command:
        yield path
    context = command.context_class(command)
    for name in command.list_commands(context):
        yield from commands(command.get_command(context, name), (*path, name))


def run_commands() -> list[str]:
    """Run every command; return those that ended as no command should."""
    failed = []
    for words in commands(typer.main.get_command(hub.cli.app)):
        name = " ".join(words)
        if name in NOT_RUN:
            continue
        result = CliRunner().invoke(hub.cli.app, [*words, *WORDS.get(name, ())])
        wrong = result.exception and not isinstance(result.exception, SystemExit)
        if wrong or "Usage:" in result.output:
            failed.append(f"{name}: {result.output}")
    return failed


def rare_moves(store: Store) -> None:
    """Do what a small demo and the commands do not come to."""
    at = now()
    with store.write() as tx:
        schedule.enqueue_due(tx, now=at, enqueued_before=at)
        schedule.enqueue_pending(tx, now=at, enqueued_before=at)
        for alone in (True, False):
            doubts.reserve_doubtful(tx, "x", now=at, again_at=at, limit=1, alone=alone)
        doubts.queries_unanswered(tx, 1)
        doubts.queries_unended(tx, 1)
        present = future_times.Present(now=at, soon=at, lease_until=at)
        future_times.concerned(tx, present)
        future_times.correct(tx, [1], present)
        schedule.expire_leases(tx, now=at)
        schedule.sweep_held(tx, at)
        pauses.change(tx, "x", [], ["y"], now=at)
        login_tasks.stands(tx, "x", "y", now=at)
        login_tasks.partners(tx)
        pauses.set_aside(tx, [1], "x")
        pauses.resume(tx, "x", "y", now=at, limit=1)
        pauses.calls_since(tx, "x", "", since=at, now=at, above=0)
        tasks.settled_by_hand(tx, "x", "2018-08-06")
        tasks.changed_between(tx, at, at)
        parked.retry(tx, ["x"])
        journal.enqueue_lost(tx, recorded_before=at, after="")
        early_messages.wake(tx, "x")
        dossier_claims.claim(tx, WANTED, now=at)
        work_counts.open_count(tx)


def rare_questions(store: Store) -> None:
    """Ask what is asked in repairs, reports and restores only."""
    at = now()
    with store.write() as tx:
        deadline_alerts.near(tx, due_by=at, stuck_since=at)
        deadline_alerts.some_settled(tx)
        deadline_alerts.close_settled(tx, at)
        counts.fold(tx)
        fault_classes.count_reply(tx, "x", "y", "1", now=at)
        fault_classes.waiting(tx, "x", "y", "1")
        tasks.close_all(tx, fault_classes.NEEDLESS, actor="x", reason="y", now=at)
        journal.unhandled(tx, after="")
        early_messages.wake_all(tx)
        journal.body_of(tx, 1)
        partner_view.known(tx, "x", ["y"])
        partner_view.received_between(tx, at, at)
        outbox.waiting(tx, ["x"])
        parked.states(tx, ["x"])
        legs.want_again(tx, "x")
        papers.papers_not_at_town(tx, "x")
        replays.still_as_seen(tx, _ITEM)
        replays.progress_of(tx, [1])
        for ask in (replays.replaced_by, replays.overtaken_by, replays.open_before):
            ask(tx, 1)
        for look in (
            cancellation.is_conflict,
            cancellation.is_newest,
            cancellation.superseded_older,
            cancellation.open_older_before_restore,
            cancellation.held_newer_before_restore,
        ):
            look(tx, 1)
        cancellation.lock_head(tx, "x", "y")
        superseding.lock_newer(tx, [1])
        priority.due_before(tx, "x", before=at, but=[1], limit=1)
        priority.unsent(tx, [1])
        restore.doubt_everything(tx, now=at)
        unreadable_replies.last_read(tx)


def whole_archive(url: str, directory: Path) -> None:
    """Archive a dossier, bring it back, archive it again, erase it by age and drop a message.

    The demo's dossiers are of today: its `archive run` finds none.
    """
    with open_ward(directory, url) as ward:
        name, archive = end(ward, 900, scanned=b"paper"), archive_of(ward, directory)
        assert archiving.run(archive, BY).archived
        ward.accept(reception(BIRTH, name))
        assert restoring.restore(archive, name, BY)
        assert holding.release(ward.store, name, BY)
        assert archiving.run(archive, BY).archived
        assert verifying.verify(ward.store, archive.folder).problems == ()
        other = end(ward, 901, scanned=b"paper of another")
        late = LONG_AFTER + timedelta(days=4000)
        assert archiving.run(replace(archive, clock=lambda: late), BY).erased > 1
        assert not erasing.erase_one(ward.store, other, BY)
        back = p.BarcodeScanned(
            number=other, station=p.Station.RETURN, scanned_at=LONG_AFTER, device="b-1"
        )
        ward.accept(back)
        of_it = parked.ParkedFilter(dossier=other)
        found, _ = parked_messages.preview(ward.store, of_it, to_discard=True)
        with ward.store.write() as tx:  # as two persons do it once there are accounts
            assert parked.discard(tx, [one.id for one in found], now=late) == [found[0].id]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, Path]:
    """An empty database's address, "" for the one in the directory; and the directory."""
    sqlite = request.param == "sqlite"
    url = "" if sqlite else request.getfixturevalue("migrated_postgres_url")
    directory = tmp_path / "demo"
    monkeypatch.setenv("HUB_DATA_DIR", str(directory / "hub"))
    monkeypatch.setenv("HUB_DATABASE_URL", url)
    monkeypatch.setenv("HUB_OPERATOR", "Lê Văn Thử")
    made = pilot._settings

    def with_database(*given: Any) -> Settings:
        return msgspec.structs.replace(made(*given), database_url=url)

    monkeypatch.setattr(pilot, "_settings", with_database)
    # Some two hundred files come in, each would be parsed by a process of its own.
    monkeypatch.setattr(pausing, "IN_FORCE", timedelta())
    monkeypatch.setattr(ContentCheck, "__call__", lambda *_: CheckedFile(None, ""))
    return url, directory


@pytest.fixture
def empty(
    place: tuple[str, Path], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """Another store of the same kind, migrated and empty."""
    with empty_beside(request, tmp_path, sqlite=not place[0]) as made:
        yield made


def sent_by_all(url: str, directory: Path) -> list[Sent]:
    """Play a small demo, run every command, and do the rare moves."""
    options = pilot.Options(directory=directory, dossiers=37, broker="memory")
    with traced() as sent:
        report = pilot.run(options, Console(file=StringIO(), width=120))
        assert report["problems"] == []
        assert run_commands() == []
        store = Store(url or f"sqlite:///{directory}/hub/hub.db")
        rare_moves(store)
        rare_questions(store)
        console_questions(store)
        store.close()
        whole_archive(url, directory)
    return sent


def test_nothing_reads_a_growing_table_as_a_whole(place: tuple[str, Path], empty: Store) -> None:
    """But what is listed with its reason."""
    sent = [one for one in sent_by_all(*place) if one.dialect == empty.name]
    assert len(sent) > 100
    found = {one: tables for one in sent if (tables := scanned(empty, one))}
    unlisted = [
        f"{one.origin} reads {sorted(tables)}: {one.text}"
        for one, tables in found.items()
        if one.origin not in READ_AS_A_WHOLE
    ]
    assert not unlisted, "\n\n".join(unlisted)
    lost = {one.text: wrong for one in sent if (wrong := lost_subqueries(one.text))}
    assert lost == {}


def test_every_table_is_known_to_grow_or_not() -> None:
    """A new table is put into one of the two lists."""
    assert set(metadata.tables) == GROWING | BOUNDED
    assert not GROWING & BOUNDED

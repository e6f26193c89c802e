"""Ordering a paper: one delivery in its dossier's lane, and a second copy that says what it is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.messages import catalog
from hub.messages.envelope import decode_stored
from hub.operations.deliveries.actions import Resolution, resolve
from hub.operations.deliveries.cancellation import cancel
from hub.operations.devices.printing import NotPrintable, PrintingParts, print_again
from hub.records.papers.contents import NoSuchPaper
from hub.records.papers.kinds import PaperKind
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.edge.print_jobs import JobState
from hub.store.archive import references
from hub.store.conservation.proof import prove
from hub.store.console import history
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import StateConflict
from hub.store.devices import prints
from hub.store.edge import print_jobs
from hub.store.edge.print_jobs import NewJob
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.store.schema.tables.exchange import audit
from tests.support.dossiers.printing import BY, delivery_of, in_doubt, order, paper_of, printing_in
from tests.support.dossiers.slips import add_dossier
from tests.support.gateway.edge_agent import enrolled
from tests.support.works import AT, number

AGAIN = {**BY, "now": AT}
LATER = AT + timedelta(seconds=10)


@pytest.fixture
def printing(tmp_path: Path, store: Store) -> PrintingParts:
    """A printer, and a dossier of the ward."""
    with store.write() as tx:
        add_dossier(tx)
    return printing_in(tmp_path)


def states(store: Store) -> list[str]:
    """Return the deliveries to printers, in the order of the lane."""
    with store.read() as tx:
        found = history.of_number(tx, number(1)).deliveries
    return [it.state for it in found if it.destination == catalog.DEVICES]


def job_of(message_id: str) -> NewJob:
    """Return a paper for a workstation's printer."""
    return NewJob(
        message_id=message_id,
        printer="may-in",
        number=number(1),
        sha256="0" * 64,
        media_type="application/pdf",
        copies=1,
        wanted_at=AT,
    )


def actions(store: Store) -> list[tuple[str, str]]:
    """Return what the audit has: action and object."""
    with store.read() as tx:
        rows = tx.execute(sa.select(audit).order_by(audit.c.seq)).all()
    return [(row.action, row.object) for row in rows]


def test_an_ordered_paper_is_a_delivery_in_the_lane_of_its_dossier(
    store: Store, printing: PrintingParts
) -> None:
    """The next one of the same dossier waits for it; the PDF is in the file store."""
    message = order(store, printing)
    order(store, printing, kind=PaperKind.COVER_SHEET)
    (file,) = message.attachments
    assert printing.files.path(file.sha256).read_bytes().startswith(b"%PDF")
    assert states(store) == [S.PENDING, S.HELD]
    with store.read() as tx:
        state, destination, lane = transitions.place_of(tx, delivery_of(tx, message), lock=False)
        stored = decode_stored(journal.body_of(tx, delivery_of(tx, message)))
    assert (state, destination, lane) == (S.PENDING, catalog.DEVICES, number(1))
    assert stored == message
    assert actions(store) == [
        ("paper.print", f"{number(1)} control-slip"),
        ("paper.print", f"{number(1)} cover-sheet"),
    ]


def test_what_cannot_be_printed_is_refused_and_nothing_is_left(
    store: Store, printing: PrintingParts
) -> None:
    """An unknown printer, and a page that showed less than there is now."""
    with pytest.raises(NotPrintable, match="printer-9"):
        order(store, printing, printer="printer-9")
    order(store, printing, seen=0)
    with pytest.raises(NotPrintable, match="Meanwhile"):
        order(store, printing, seen=0)
    assert states(store) == [S.PENDING]


def test_a_dossier_that_the_ward_does_not_have_has_no_papers(store: Store, tmp_path: Path) -> None:
    """Nothing is made up for the paper."""
    with pytest.raises(NoSuchPaper, match=number(1)):
        order(store, printing_in(tmp_path))
    assert states(store) == []


def test_a_paper_that_is_not_on_the_tray_is_printed_again_and_marked(
    store: Store, printing: PrintingParts
) -> None:
    """The marked copy goes in the place of the lost one, before what waits behind that."""
    id = in_doubt(store, printing)
    order(store, printing, kind=PaperKind.COVER_SHEET)
    with store.read() as tx:
        lost = decode_stored(journal.body_of(tx, id))
    again = print_again(store, printing, id, by=AGAIN)  # type: ignore[arg-type]
    assert paper_of(again).reprint == 1
    assert again.causation_id == lost.id
    assert again.id != lost.id
    assert again.attachments[0].sha256 != lost.attachments[0].sha256
    with store.read() as tx:
        opened = delivery_of(tx, again)
        place = transitions.place_of(tx, opened, lock=False)
        assert transitions.place_of(tx, id, lock=False)[0] is S.CANCELLED
        assert prove(tx, catalog.READERS).problems == []
    assert place[0] is S.PENDING
    assert sorted(states(store)) == sorted([S.CANCELLED, S.PENDING, S.HELD])
    assert ("paper.print_again", f"{id} as {opened}") in actions(store)
    with pytest.raises(StateConflict):
        print_again(store, printing, id, by=AGAIN)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", ["again", "delivered", "absent", "cancel"])
def test_what_a_person_settles_is_taken_back_from_the_workstation(
    store: Store, printing: PrintingParts, way: str
) -> None:
    """Its agent may ask for it when the line is back, hours later; another paper's stays."""
    enrolled(store, "quay-2")
    id = in_doubt(store, printing)
    with store.write() as tx:
        messages = [decode_stored(journal.body_of(tx, id)).id, "m-other"]
        jobs = [print_jobs.offer(tx, "quay-2", job_of(it), until=LATER) for it in messages]
        for token in ("a" * 32, "b" * 32):
            print_jobs.claim(tx, "quay-2", token, ["may-in"], now=AT)
    if way == "again":
        print_again(store, printing, id, by=AGAIN)  # type: ignore[arg-type]
    elif way == "cancel":
        with store.write() as tx:
            transitions.retry_absent(tx, id, now=AT)
        cancel(store, id, **AGAIN)  # type: ignore[arg-type]
    else:
        resolve(store, id, Resolution(way), cancel=way == "absent", **AGAIN)  # type: ignore[arg-type]
    with store.read() as tx:
        found = [print_jobs.find(tx, it) for it in jobs]
    assert [it and it.state for it in found] == [JobState.WITHDRAWN, JobState.TAKEN]


def test_a_lost_print_is_never_sent_again_without_the_mark(
    store: Store, printing: PrintingParts
) -> None:
    """`absent` says how to print it again; `delivered` settles it with the person's evidence."""
    id = in_doubt(store, printing)
    by = {"actor": "an", "reason": "looked at the tray", "now": AT}
    with pytest.raises(StateConflict, match=f"reprint {id}"):
        resolve(store, id, Resolution.ABSENT, **by)  # type: ignore[arg-type]
    assert states(store) == [S.AMBIGUOUS]
    resolve(store, id, Resolution.DELIVERED, **by)  # type: ignore[arg-type]
    assert states(store) == [S.DELIVERED]


def test_two_who_print_at_one_moment_print_once(
    store: Store, printing: PrintingParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw a dossier without a paper; the second one is told of the first."""
    both, count_of = threading.Barrier(2), prints.count_of

    def count_together(*given: object) -> int:
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)  # as near to one another as the store lets them come
        return count_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(prints, "count_of", count_together)
    with ThreadPoolExecutor(2) as pool:
        ordered = [pool.submit(order, store, printing, seen=0) for _ in range(2)]
    failures = [it.exception() for it in ordered]
    assert sorted(type(it).__name__ for it in failures) == ["NoneType", "NotPrintable"]
    assert len(states(store)) == 1


def test_a_printed_paper_goes_with_its_dossier(store: Store, printing: PrintingParts) -> None:
    """The receipt names the applicant, and is no file of the dossier: erasing marks it, too."""
    (file,) = order(store, printing, kind=PaperKind.RECEIPT).attachments
    with store.write() as tx:
        references.mark_unneeded(tx, [number(2)], now=AT)
        assert references.unneeded(tx, after="", limit=9) == []
        references.mark_unneeded(tx, [number(1)], now=AT)
        assert references.unneeded(tx, after="", limit=9) == [file.sha256]

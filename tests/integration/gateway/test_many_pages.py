"""A paper of thousands of images: the journal grows with its pages, the province gets all."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hub.exchange.outbox.emit import emit
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.envelope import Attachment
from hub.operations.watchers.paper_refreshes import PaperRefreshes
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.retention.paper_refresh import EVERY_PAGE_UP_TO, NO_PAGE_FOR, refresh_at_once
from hub.store.engine.store import Store, Tx
from hub.store.messages import journal
from tests.support.ward import BIRTH, MONDAY, Ward, open_ward, progress, reception, scan

PAGES = 2000
RULES = Rulebook.load()


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A ward with one dossier."""
    with open_ward(tmp_path) as opened:
        opened.accept(reception(BIRTH))
        yield opened


def page(n: int) -> Attachment:
    """Return the file of one page."""
    return Attachment(
        name=f"trang-{n:05d}.jpg", media_type="image/jpeg", size=50_000, sha256=f"{n:064x}"
    )


def scan_pages(ward: Ward, first: int, last: int) -> None:
    """Have the records handle scans of pages, a hundred in a transaction."""
    handle, component = Records(RULES), reception().components[0].code
    for start in range(first, last + 1, 100):
        messages = [
            catalog.compose(
                scan(component, 0.1 + n / 3600),
                time=MONDAY,
                source="test",
                id=f"{n:032x}",
                attachments=[page(n)],
            )
            for n in range(start, min(start + 100, last + 1))
        ]
        with ward.store.write() as tx:
            record(tx, messages)
            with handle.together(tx, messages):
                said = [it for m in messages for it in handle(tx, m, catalog.read(m))]
            emit(tx, said, MONDAY)


def record(tx: Tx, messages: list[envelope.Message]) -> None:
    """Write scans into the journal, as accepting them does."""
    entries = [journal.JournalEntry(m, envelope.encode(m)) for m in messages]
    journal.record_outgoing(tx, entries, MONDAY)


def told(store: Store) -> list[tuple[int, int]]:
    """Return (bytes, files) of each message that tells the province the dossier, in order."""
    with store.read() as tx:
        bodies = tx.exec_driver_sql(
            "SELECT body FROM journal j JOIN deliveries d ON j.id = d.message_id"
            " WHERE j.type = 'province.dossier' ORDER BY d.id"
        ).scalars()
        return [(len(it), len(envelope.decode_stored(it).attachments)) for it in bodies]


def test_the_journal_of_a_paper_grows_with_its_pages_and_the_last_message_has_all(
    ward: Ward,
) -> None:
    """Twice the pages, about twice the bytes; over 256 KiB nothing is parked."""
    scan_pages(ward, 1, PAGES // 2)
    half = sum(size for size, _ in told(ward.store))
    scan_pages(ward, PAGES // 2 + 1, PAGES)
    look = PaperRefreshes(store=ward.store, rules=RULES).check
    last = MONDAY + timedelta(hours=0.1, seconds=PAGES)
    assert look(last + NO_PAGE_FOR - timedelta(seconds=1)) == 0
    assert look(last + NO_PAGE_FOR) == 1
    assert look(last + NO_PAGE_FOR) == 0
    found = told(ward.store)
    assert found[-1][1] == PAGES
    assert found[-1][0] > envelope.MAX_BYTES
    assert sum(size for size, _ in found) < 2.5 * half
    assert sum(size for size, _ in found) < PAGES * 250 * 20
    assert ward.dossier().refresh_wanted_at is None


def test_the_first_pages_are_told_one_by_one(ward: Ward) -> None:
    """As an officer expects of a usual dossier."""
    scan_pages(ward, 1, EVERY_PAGE_UP_TO)
    assert [files for _, files in told(ward.store)] == list(range(EVERY_PAGE_UP_TO + 1))


def test_another_refresh_tells_the_pages_and_leaves_nothing_to_the_timer(ward: Ward) -> None:
    """The end of a dossier lists all its files."""
    scan_pages(ward, 1, 40)
    assert ward.dossier().refresh_wanted_at is not None
    ward.accept(progress(p.Status.FINISHED, 5))
    assert ward.dossier().refresh_wanted_at is None
    assert told(ward.store)[-1][1] == 40
    look = PaperRefreshes(store=ward.store, rules=RULES).check
    assert look(MONDAY + timedelta(days=1)) == 0


def test_a_page_dated_in_the_future_waits_for_no_clock(ward: Ward) -> None:
    """A scanner's clock that goes wrong keeps no page from the province."""
    scan_pages(ward, 1, 40)
    assert PaperRefreshes(store=ward.store, rules=RULES).check(MONDAY) == 1
    assert told(ward.store)[-1][1] == 40


@pytest.mark.parametrize(
    ("files", "before", "expected"),
    [(1, 0, True), (16, 15, True), (17, 16, True), (33, 32, False), (34, 32, True), (99, 0, True)],
)
def test_the_files_are_told_when_they_have_grown_by_a_share(
    files: int, before: int, expected: bool
) -> None:
    """Up to sixteen each page, then each sixteenth more."""
    assert refresh_at_once(files, before) is expected

"""Which dossiers a run of the archive takes: those that may go, by month, a page at a time.

A page is as large as its rows fit into memory. What something keeps is counted in the report and
put off, so that the next runs do not read it again.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from hub.operations.archive.config import Archive
from hub.operations.archive.files.stored import missing
from hub.operations.archive.run import batches
from hub.operations.archive.run.report import ArchiveReport
from hub.records.deadlines.calendar import local
from hub.rules.retention.ends import month_after, why_kept
from hub.store.archive import candidates, rows
from hub.store.archive.pages.positions import Place
from hub.store.archive.rows import Rows
from hub.store.schema.tables.exchange import from_microseconds

PAGE = 100
"""Dossiers that are looked for at once; how many are read at once, their rows decide."""
Page = tuple[str, list[Rows]]
"""A month, and dossiers that ended in it and may go."""


class Pages:
    """Pages of which the next one's month is known; one that was taken is not kept in memory."""

    def __init__(self, pages: Iterator[Page]) -> None:
        self._pages = pages
        self._next: Page | None = None

    @property
    def month(self) -> str:
        """The month of the next page, "" behind the last one."""
        self._next = self._next or next(self._pages, None)
        return self._next[0] if self._next else ""

    def next_page(self) -> list[Rows]:
        """Return the next page, whose month was asked for."""
        page, self._next = self._next, None
        return page[1] if page else []

    def put_back(self, month: str, rest: list[Rows]) -> None:
        """Have the rest of a page that was taken be the next one."""
        if rest:
            self._next = month, rest


def select(
    archive: Archive, report: ArchiveReport, *, before: datetime, again: bool
) -> Iterator[Page]:
    """Yield the dossiers that may go, oldest first; those that stay are counted in the report.

    `again`: look also at those that were put off, and put off none.
    """
    place, until = Place(), month_after(local(before)) if again else before
    while True:
        with archive.store.read() as tx:
            found = candidates.TO_ARCHIVE.page(
                tx, before=before, until=until, after=place, limit=PAGE
            )
            sizes = rows.sizes(tx, [it.number for it in found])
        if not found:
            return
        place = found[-1]
        months = {it.number: f"{local(from_microseconds(it.at)):%Y-%m}" for it in found}
        for numbers in batches.batches(months, sizes.__getitem__, most=batches.IN_MEMORY):
            free = _by_month(_free(archive, report, numbers, before, put_off=not again), months)
            for month in sorted(free):
                yield month, free.pop(month)


def _by_month(free: list[Rows], months: Mapping[str, str]) -> dict[str, list[Rows]]:
    found: dict[str, list[Rows]] = {}
    for here in free:
        found.setdefault(months[here.number], []).append(here)
    return found


def _free(
    archive: Archive, report: ArchiveReport, numbers: list[str], before: datetime, *, put_off: bool
) -> list[Rows]:
    """Return those of the dossiers that nothing keeps; put the others off."""
    with archive.store.read() as tx:
        on_hold = candidates.on_hold(tx, numbers)
        loaded = rows.load(tx, numbers)
    free, later = [], {}
    for here in loaded:
        facts = candidates.facts_of(here, on_hold=here.number in on_hold)
        why = why_kept(facts, before=before) or missing(archive.files, here)
        if why is None:
            free.append(here)
        else:
            report.keep(here.number, why)
            later[here.number] = archive.recheck_at(facts, why, before=before)
    if put_off and later:
        with archive.store.write() as tx:
            candidates.TO_ARCHIVE.put_off(tx, later)
    return free

"""The table of a period: dossiers by sector, inter-level, settled, still in process, late.

Pure and streaming: cases are looked at one by one, and only one row a sector is kept. A dossier
that waits for papers is measured at the moment its clock stopped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from hub.records.deadlines.due_dates import Timeliness, classify, is_overdue


@dataclass(frozen=True, slots=True)
class Case:
    """What the table needs of one dossier."""

    sector: str
    inter_level: bool
    due_at: datetime
    finished_at: datetime | None = None
    """None while it is in process."""
    paused_since: datetime | None = None


@dataclass(slots=True)
class StatisticsRow:
    """The counts of one sector, or of all (`sector` is "")."""

    sector: str
    received: int = 0
    inter_level: int = 0
    early: int = 0
    on_time: int = 0
    late: int = 0
    in_process_in_time: int = 0
    in_process_late: int = 0

    @property
    def ended_in_time(self) -> int:
        """Ended early or on time (giải quyết trước hạn, đúng hạn)."""
        return self.early + self.on_time

    @property
    def ended(self) -> int:
        """Ended, whether or not in time."""
        return self.ended_in_time + self.late

    @property
    def in_process(self) -> int:
        """Still in process (đang thụ lý)."""
        return self.in_process_in_time + self.in_process_late


@dataclass(frozen=True, slots=True)
class Table:
    """One row a sector that has dossiers, and their sum."""

    rows: tuple[StatisticsRow, ...]
    total: StatisticsRow

    @property
    def in_process_sectors(self) -> tuple[str, ...]:
        """The sectors that still have dossiers in process."""
        return tuple(row.sector for row in self.rows if row.in_process)


_COUNTS = tuple(field.name for field in fields(StatisticsRow) if field.name != "sector")


def tabulate(cases: Iterable[Case], *, at: datetime, order: Iterable[str] = ()) -> Table:
    """Return the table of `cases` as it stands at `at`.

    Sectors come in the given order, those that it does not name after them by code. An end after
    `at` has not happened yet: the dossier still counts as in process.
    """
    rows: dict[str, StatisticsRow] = {}
    for case in cases:
        row = rows.get(case.sector)
        if row is None:
            row = rows[case.sector] = StatisticsRow(case.sector)
        _count(row, case, at)
    rank = {sector: place for place, sector in enumerate(order)}
    ordered = sorted(rows.values(), key=lambda row: (rank.get(row.sector, len(rank)), row.sector))
    total = StatisticsRow(
        "", **{name: sum(getattr(row, name) for row in ordered) for name in _COUNTS}
    )
    return Table(tuple(ordered), total)


def _count(row: StatisticsRow, case: Case, at: datetime) -> None:
    row.received += 1
    row.inter_level += case.inter_level
    if case.finished_at is None or case.finished_at > at:
        if is_overdue(case.due_at, at, paused_since=case.paused_since):
            row.in_process_late += 1
        else:
            row.in_process_in_time += 1
        return
    match classify(case.finished_at, case.due_at):
        case Timeliness.EARLY:
            row.early += 1
        case Timeliness.ON_TIME:
            row.on_time += 1
        case Timeliness.LATE:
            row.late += 1

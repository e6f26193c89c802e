"""The table of a period: the pilot's figures, and sums that always agree."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.records.registers import procedures
from hub.records.statistics import Case, tabulate

AT = datetime.fromisoformat("2018-09-15T08:00:00+07:00")
DUE = datetime.fromisoformat("2018-08-17T17:00:00+07:00")
HOUR = timedelta(hours=1)
TIMES = st.timedeltas(timedelta(days=-60), timedelta(days=60)).map(lambda shift: DUE + shift)
CASES = st.builds(
    Case,
    st.sampled_from(["G15-TP03", "G15-TP07", "G07-LĐ03", "X"]),
    st.booleans(),
    TIMES,
    st.none() | TIMES,
    st.none() | TIMES,
)


def pilot() -> Iterator[Case]:
    """The dossiers of the ward's pilot, by their figures."""
    early = {"finished_at": DUE - 24 * HOUR}
    yield from (Case("G15-TP03", False, DUE, finished_at=DUE) for _ in range(249))
    yield from (Case("G15-TP07", False, DUE, **early) for _ in range(108))
    yield from (Case("G07-LĐ03", True, DUE, **early) for _ in range(6))
    yield from (Case("G13-TN02", True, AT + 24 * HOUR) for _ in range(5))
    yield Case("G09-NV08", False, DUE, finished_at=DUE)


def test_the_table_of_the_pilot() -> None:
    """369 dossiers: 364 settled early or on time, the five of land in process and in time."""
    table = tabulate(pilot(), at=AT, order=procedures.load().sectors)
    assert [(row.sector, row.received) for row in table.rows] == [
        ("G15-TP03", 249),
        ("G15-TP07", 108),
        ("G07-LĐ03", 6),
        ("G13-TN02", 5),
        ("G09-NV08", 1),
    ]
    total = table.total
    assert (total.received, total.inter_level, total.ended_in_time) == (369, 11, 364)
    assert (total.early, total.on_time, total.late) == (114, 250, 0)
    assert (total.in_process, total.in_process_in_time, total.in_process_late) == (5, 5, 0)
    assert table.in_process_sectors == ("G13-TN02",)


@pytest.mark.parametrize(
    ("case", "counted"),
    [
        (Case("S", False, DUE, DUE - 24 * HOUR), "early"),
        (Case("S", False, DUE, DUE), "on_time"),
        (Case("S", False, DUE, DUE + HOUR), "late"),
        (Case("S", False, AT), "in_process_in_time"),
        (Case("S", False, AT - HOUR), "in_process_late"),
        (Case("S", False, AT - HOUR, AT + HOUR), "in_process_late"),
        (Case("S", False, AT - HOUR, None, AT - 2 * HOUR), "in_process_in_time"),
    ],
)
def test_where_a_case_is_counted(case: Case, counted: str) -> None:
    """Each dossier is in one column; a waiting one is measured where its clock stopped."""
    row = tabulate([case], at=AT).total
    assert (getattr(row, counted), row.ended + row.in_process, row.received) == (1, 1, 1)


@given(st.lists(CASES), st.lists(st.sampled_from(["X", "G15-TP07"]), unique=True))
def test_sums_agree(cases: list[Case], order: list[str]) -> None:
    """Every dossier is counted once, rows sum to the total, and the order is kept."""
    table = tabulate(iter(cases), at=AT, order=order)
    assert table.total.received == len(cases)
    assert table.total.ended + table.total.in_process == len(cases)
    assert sum(row.received for row in table.rows) == len(cases)
    assert table.total.inter_level == sum(case.inter_level for case in cases)
    sectors = [row.sector for row in table.rows]
    assert sectors == sorted(
        sectors, key=lambda code: (order.index(code) if code in order else len(order), code)
    )

"""The audit's page: for who may read it, and for an auditor nothing else; by filters, as CSV."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.rules.users.rights import UserRole
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.evidence.audit import AuditRow
from tests.contract.console.conftest import Look

AN = "Lê Văn An (account an)"
AT = datetime(2026, 11, 28, 16, 30, tzinfo=UTC)  # 23:30 in the ward


@pytest.fixture
def rows(store: Store) -> Store:
    """Acts of two persons on two days."""
    with store.write() as tx:
        audit.record_all(
            tx,
            [
                AuditRow(AT, "Trần Thị Bình (account binh)", "delivery.replay", "7", "a", True),
                AuditRow(
                    AT + timedelta(hours=1),
                    "Lê Văn An (account an)",
                    "task.done",
                    "3",
                    "=1+1",
                    True,
                ),
                AuditRow(AT + timedelta(hours=2), "nobody", "console.denied", "/x", "<b>", False),
            ],
        )
    return store


def test_an_auditor_reads_the_audit_and_nothing_else(look: Look, rows: Store) -> None:
    """And no page leads elsewhere; who may not read it gets 403."""
    browser = look(rows, role=UserRole.AUDITOR)
    page = browser.get("/audit")
    assert page.status_code == 200
    assert page.text.index("console.denied") < page.text.index("delivery.replay")
    assert "&lt;b&gt;" in page.text
    assert 'href="/search"' not in page.text
    assert browser.get("/search").status_code == 403
    operator = look(rows, role=UserRole.OPERATOR)
    assert operator.get("/audit").status_code == operator.get("/audit.csv").status_code == 403
    assert 'href="/audit"' not in operator.get("/search").text


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({"actor": "binh"}, {"delivery.replay"}),
        ({"action": "task."}, {"task.done"}),
        ({"thing": "/x"}, {"console.denied"}),
        ({"day": "2026-11-28"}, {"delivery.replay"}),
        ({"day": "2026-11-29"}, {"task.done", "console.denied"}),
        ({"actor": "%"}, set()),
        ({"before": "3"}, {"delivery.replay", "task.done"}),
    ],
)
def test_filters_are_an_address(
    look: Look, rows: Store, filters: dict[str, str], shown: set[str]
) -> None:
    """Each narrows it; a day is one of the ward's; the CSV has the same rows and no formula."""
    browser = look(rows)
    page = browser.get("/audit", params=filters).text.partition("<tbody>")[2]
    names = ("delivery.replay", "task.done", "console.denied")
    assert {name for name in names if name in page} == shown
    text = browser.get(
        "/audit.csv", params={k: it for k, it in filters.items() if k != "before"}
    ).text
    if "before" not in filters:
        assert {name for name in names if name in text} == shown


def test_what_is_no_filter_is_refused(look: Look, rows: Store) -> None:
    """422, as everywhere; a day that the calendar does not have is no filter."""
    browser = look(rows)
    for wrong in ({"day": "tomorrow"}, {"before": "0"}, {"actor": "x" * 201}):
        assert browser.get("/audit", params=wrong).status_code == 422
    assert browser.get("/audit", params={"day": "2026-02-31"}).status_code == 200

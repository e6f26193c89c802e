"""What keeps a dossier in the database, the gravest reason first."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.messages.payloads import Status
from hub.rules.deliveries.states import FINAL, DeliveryState
from hub.rules.retention.ends import (
    CLOSED,
    UNCOLLECTED,
    DossierFacts,
    KeepReason,
    month_after,
    recheck_at,
    whole_months,
    why_kept,
)
from hub.store.schema.tables.records import CLOSED as CLOSED_IN_THE_INDEX

BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
OLD, YOUNG = BEFORE - timedelta(days=1), BEFORE + timedelta(days=1)


def why(status: Status = Status.RETURNED, **facts: object) -> KeepReason | None:
    """Return what keeps a dossier of which everything else has ended long ago."""
    values = {"status": status, "status_at": OLD, "last_at": OLD, **facts}
    return why_kept(DossierFacts(**values), before=BEFORE)  # type: ignore[arg-type]


def test_what_has_ended_may_go() -> None:
    """Every final state of a delivery, every status that closes."""
    states = {str(state) for state in FINAL}
    messages = {"handled", "outgoing"}
    for status in CLOSED - {Status.FINISHED}:
        assert why(status, deliveries=states, messages=messages) is None


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"on_hold": True, "deliveries": {"dead"}}, KeepReason.LEGAL_HOLD),
        ({"deliveries": {"delivered", "dead", "held"}}, KeepReason.DELIVERY_DEAD),
        ({"deliveries": {"ambiguous", "held"}}, KeepReason.DELIVERY_AMBIGUOUS),
        ({"messages": {"parked"}}, KeepReason.MESSAGE_PARKED),
        ({"messages": {"early"}}, KeepReason.MESSAGE_WAITS),
        ({"kept_steps": 1}, KeepReason.STEP_MISSING),
        ({"open_tasks": 1}, KeepReason.TASK_OPEN),
        ({"last_at": YOUNG}, KeepReason.TOO_YOUNG),
        ({"status_at": BEFORE}, KeepReason.TOO_YOUNG),
    ],
)
def test_what_keeps_a_dossier_is_named(facts: dict[str, object], kept: KeepReason) -> None:
    """One reason each, and the hold comes before all others."""
    assert why(**facts) is kept  # type: ignore[arg-type]


def test_every_open_state_keeps_a_dossier() -> None:
    """A new state of a delivery is never archived by oversight."""
    for state in set(DeliveryState) - FINAL:
        assert why(deliveries={str(state)}) is not None, state


def test_every_open_status_keeps_a_dossier() -> None:
    """What is under way stays, however old."""
    for status in set(Status) - CLOSED:
        assert why(status) is KeepReason.NOT_CLOSED, status


def test_a_result_that_nobody_fetched_stays_a_year_longer() -> None:
    """Its receipt may still be read at the return desk."""
    assert why(Status.FINISHED) is KeepReason.TOO_YOUNG
    assert why(Status.FINISHED, status_at=BEFORE - UNCOLLECTED - timedelta(days=1)) is None


def test_the_index_holds_what_the_rule_calls_closed() -> None:
    """The numbers in the partial index are those of the rule."""
    numbers = sorted(int(status) for status in CLOSED)
    assert f"status IN ({', '.join(map(str, numbers))})" == str(CLOSED_IN_THE_INDEX)


def test_what_is_too_young_is_looked_at_when_it_comes_of_age_and_the_rest_next_month() -> None:
    """Whatever keeps it, a dossier is not looked at again by a run that takes the same."""
    facts = DossierFacts(status=Status.FINISHED, status_at=OLD, last_at=OLD)
    of_age = OLD + UNCOLLECTED
    assert recheck_at(facts, KeepReason.TOO_YOUNG, before=BEFORE) == of_age
    for why in set(KeepReason) - {KeepReason.TOO_YOUNG}:
        assert recheck_at(facts, why, before=BEFORE) == month_after(BEFORE)


def test_whole_months_are_archived() -> None:
    """What ended in the month in which the age falls waits for the next month."""
    now = datetime(2026, 3, 15, 12, tzinfo=UTC)
    assert whole_months(now, timedelta(days=365)) == datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("day", "month"), [(1, 1), (31, 1), (1, 12), (31, 12), (28, 2)])
def test_the_month_after_begins_with_its_first_day(day: int, month: int) -> None:
    """Also behind a long month, and behind December."""
    found = month_after(datetime(2026, month, day, 23, tzinfo=UTC))
    assert (found.year, found.month) == ((2027, 1) if month == 12 else (2026, month + 1))
    assert found == datetime(found.year, found.month, 1, tzinfo=UTC)

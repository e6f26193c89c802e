"""The count of a due date that a page shows gives what the records have promised."""

import pytest

from hub.messages import payloads as p
from hub.records.deadlines import counted
from hub.records.rulebook import Rulebook
from hub.store.records.reading import timeline
from tests.support.ward import LAND, MONDAY, NUMBER, Ward, progress, reception

S = p.Status


@pytest.fixture
def ward(either_ward: Ward) -> Ward:
    """A ward with an empty store of either kind."""
    return either_ward


def test_the_count_of_a_dossier_that_waited_for_papers_agrees_with_the_promise(ward: Ward) -> None:
    """Two waits, one of them over a weekend, and a step that the guard did not apply."""
    rules = Rulebook.load()
    ward.accept(reception(LAND))
    for status, hours in (
        (S.PROCESSING, 1),
        (S.SUPPLEMENT_REQUESTED, 3),
        (S.PROCESSING, 30),
        (S.REGISTERED, 31),
        (S.SUPPLEMENT_REQUESTED, 98),
        (S.PROCESSING, 170),
    ):
        ward.accept(progress(status, hours))
    promised = ward.dossier()
    with ward.store.read() as tx:
        events = timeline.events_of(tx, NUMBER)
    assert any(it.why_not for it in events)
    of = rules.procedure(promised.procedure, promised.received_at)
    found = counted.count(promised, events, of, calendar=rules.calendar, now=MONDAY)
    assert len(found.waits) == 2
    assert found.first_due == promised.first_due_at
    assert found.first_due < found.due == promised.due_at
    assert found.agrees

"""When a message is handled alone, and when it counts as one of which the process dies."""

import pytest

from hub.broker.topology import TOPOLOGY
from hub.exchange.records_queue.receive import TRIES
from hub.messages.queues import INGEST
from hub.rules.poison import (
    ISOLATE_FROM,
    ISOLATED_ATTEMPTS,
    ISOLATED_QUERIES,
    is_poison,
    is_possible_poison,
    isolated_queries,
    queries_are_poison,
)


@pytest.mark.parametrize(("lost", "alone"), [(0, False), (1, False), (2, False), (3, True)])
def test_one_or_two_faults_send_nobody_the_slow_way(lost: int, alone: bool) -> None:
    """A broker that was restarted twice has cost nothing but the repeats."""
    assert is_possible_poison(lost) is alone
    assert is_possible_poison(TRIES)


@pytest.mark.parametrize(("deaths", "parked"), [(0, False), (1, False), (2, True), (3, True)])
def test_one_death_alone_may_be_chance(deaths: int, parked: bool) -> None:
    """The power may have failed at that moment; twice is no chance."""
    assert is_poison(deaths) is parked


def test_it_is_found_before_the_queue_buries_it() -> None:
    """Else it would be asked for anew with a count of nothing, and everything began again."""
    policy = TOPOLOGY.policy_of(INGEST)
    assert policy is not None
    assert policy.delivery_limit is not None
    assert policy.delivery_limit > ISOLATE_FROM + ISOLATED_ATTEMPTS


@pytest.mark.parametrize(("unended", "alone"), [(0, 0), (3, 0), (4, 1), (13, 10)])
def test_questions_that_were_asked_in_company_accuse_nobody(unended: int, alone: int) -> None:
    """Only those alone count, and there have to be ten of them."""
    assert isolated_queries(unended) == alone
    assert queries_are_poison(unended) is (alone == ISOLATED_QUERIES)

"""After a lost database, a partner may have an effect under an id that nobody knows any more."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.simulation.partners.protocol import Effect
from tests.simulation.promises.effects import Effects
from tests.simulation.promises.promise import Broken

TOWN: Any = SimpleNamespace(name="town_center")


class Deliveries:
    """Places and lanes of deliveries by message id, as the database of a story tells them."""

    def __init__(self) -> None:
        self.by_message = {"old": (1, "D1"), "other": (2, "D2")}

    def rows(self, _sql: str, *, message: str, to: str) -> list[tuple[Any, ...]]:  # noqa: ARG002
        return [self.by_message[message]] if message in self.by_message else []


def _effect(message_id: str, number: str) -> Effect:
    return Effect(0.0, message_id, number, "town.transfer", 0.0)


def test_an_effect_of_a_message_that_is_gone_is_that_of_the_message_made_anew() -> None:
    deliveries = Deliveries()
    effects = Effects(cast(Any, deliveries))
    effects.happened(TOWN, _effect("old", "D1"))
    effects.happened(TOWN, _effect("other", "D2"))
    assert not effects.had_before(TOWN, "town.transfer", "D1")

    del deliveries.by_message["old"]
    effects.go_back(lost={(TOWN.name, "old")}, decided=set())

    assert not effects.had_before(TOWN, "town.transfer", "D2")
    assert not effects.had_before(TOWN, "town.supplement", "D1")
    assert effects.had_before(TOWN, "town.transfer", "D1")
    assert not effects.had_before(TOWN, "town.transfer", "D1"), "it stands for one message"


def test_what_a_lost_database_knew_comes_twice_at_most() -> None:
    """Once from a call under way, once from the message that is told again."""
    effects = Effects(cast(Any, Deliveries()))
    effects.happened(TOWN, _effect("old", "D1"))
    effects.go_back(lost={(TOWN.name, "old")}, decided=set())
    effects.happened(TOWN, _effect("old", "D1"))
    effects.happened(TOWN, _effect("old", "D1"))
    with pytest.raises(Broken, match="took effect twice"):
        effects.happened(TOWN, _effect("old", "D1"))


def test_what_a_person_let_go_ahead_stays_ahead_when_the_database_is_lost_once_more() -> None:
    """The copy does not know the person's word, so what stood before comes later (seed 441)."""
    deliveries = Deliveries()
    deliveries.by_message |= {"old": (1, "D"), "other": (2, "D")}
    effects = Effects(cast(Any, deliveries))
    effects.happened(TOWN, _effect("other", "D"))
    effects.go_back(lost=set(), decided={(TOWN.name, "D")})
    effects.go_back(lost=set(), decided=set())
    effects.happened(TOWN, _effect("old", "D"))

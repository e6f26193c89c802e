"""What a person reads about an effect that asking could not settle, as it is stored."""

from hub.ports import Doubt, Unclear
from hub.rules.failures.errors import FAULTS, DeliveryFailure
from hub.texts import both


def contradiction() -> str:
    """Return that the partner says that it exists, while its look-up never shows it."""
    return both("deliveries.contradiction").stored()


def never_there() -> str:
    """Return that the partner did not have it, whenever it was queried."""
    return both("deliveries.never_there").stored()


def words_of(answer: Unclear) -> str:
    """Return why an answer proves nothing, with the names of the fields that differ."""
    why = both(f"unproven.{answer.why}")
    if answer.differs:
        lacks = answer.why is Doubt.NOT_SHOWN
        why = both(
            "deliveries.unproven_lacks" if lacks else "deliveries.unproven_differs",
            why=why,
            names=", ".join(answer.differs),
        )
    return why.stored()


def words_of_failure(failure: DeliveryFailure) -> str:
    """Return why a question had no answer."""
    if not failure.detail:
        return failure.code
    fault = FAULTS[failure.code].text
    return both("deliveries.no_answer", fault=fault, detail=failure.detail).stored()

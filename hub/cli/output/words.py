"""Words of the store as a person reads them: states, owners, faults. Programs get them as kept."""

from hub.cli.output.answer import for_programs
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.rules.failures.errors import FAULTS
from hub.texts import Text, both


def state(kept: str) -> object:
    """Return the state of a delivery."""
    return kept if for_programs() else state_text(DeliveryState(kept))


def owner(kept: str) -> object:
    """Return who has to act."""
    return kept if for_programs() else owner_text(kept)


def owner_text(kept: str) -> Text:
    """Return who has to act, in both languages."""
    return both(f"owners.{kept.lower().replace(' ', '_')}")


def cause(code: str, detail: str) -> object:
    """Return what a fault code means, with the technical cause where there is one."""
    if for_programs() or code not in FAULTS:
        return detail
    sentence = str(FAULTS[code].text)
    return f"{sentence} ({detail})" if detail else sentence

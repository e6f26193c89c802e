"""What a person reads of a message type or of an operation of a partner: words, and the name."""

from hub.messages import catalog
from hub.texts import Text, both

_KNOWN = frozenset(it.name for it in catalog.CATALOG)


def type_text(type: str) -> Text:
    """Return what a message of a type says, with the type's name; the name alone for another."""
    if type not in _KNOWN:
        return Text(type, type)
    words = both(f"message_types.{type.replace('.', '_')}")
    return Text(*(f"{name} ({type})" for name in words))

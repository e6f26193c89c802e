"""What a person reads of a message type or of an operation of a partner: words, and the name."""

from hub.messages import catalog
from hub.texts import Text, both

_KNOWN = frozenset(it.name for it in catalog.CATALOG)


def type_text(type: str) -> Text:
    """Return what a message of a type says, with the type's name; the name alone for another."""
    words = type_words(type)
    return Text(*(f"{it} ({type})" for it in words)) if type in _KNOWN else words


def type_words(type: str) -> Text:
    """Return the words alone, for a table; the name for a type that has none."""
    return both(f"message_types.{type.replace('.', '_')}") if type in _KNOWN else Text(type, type)

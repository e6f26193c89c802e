"""What the pages are made of: the store, the clock, and whom the hub delivers to."""

from dataclasses import dataclass

from hub.ports import Clock
from hub.store.engine.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Handed to every page; nothing here writes."""

    store: Store
    clock: Clock
    destinations: tuple[str, ...]
    """In the order in which they are shown."""

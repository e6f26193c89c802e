"""What is loaded at the start is passed over by the garbage collector; what comes later is not."""

import gc
import weakref

from hub.runtime.process.garbage_collection import keep_what_is_loaded


class Knot:
    """Refers to itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.self = self


def test_what_is_loaded_is_no_longer_walked_through() -> None:
    """A full collection looks at nothing of what was there before; else it stops every thread."""
    early = Knot()
    keep_what_is_loaded()
    assert not any(seen is early for seen in gc.get_objects())


def test_what_is_made_afterwards_is_collected() -> None:
    """A process does not grow by what it drops after its start."""
    keep_what_is_loaded()
    late = Knot()
    gone = weakref.ref(late)
    del late
    gc.collect()
    assert gone() is None

"""Python's garbage collector passes over what a process loads at its start and keeps until its end.

Without this every full collection walks through all modules, mappings and schemas again, 160,000
objects, while every thread waits for Python's lock, in the middle of a message's way. What is made
afterwards is collected as ever. Nor does it search while modules are loaded: it would find
nothing there, and took a tenth of the time of a start.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """Load or put together something that stays; nothing is collected meanwhile."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def keep_what_is_loaded() -> None:
    """Collect once, then set everything that is there aside for good."""
    gc.collect()
    gc.freeze()

"""Splits what is gone through into batches whose rows fit into memory, or into a transaction."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
IN_MEMORY = 5_000
"""Rows that are in memory together; a dossier that has more is there alone."""


def batches(items: Iterable[T], size: Callable[[T], int], *, most: int) -> Iterator[list[T]]:
    """Yield the items in batches of at most `most` in size, or of one item that is larger."""
    batch: list[T] = []
    total = 0
    for item in items:
        if batch and total + size(item) > most:
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size(item)
    if batch:
        yield batch

"""Removes stored files that the database does not know: stored, and then no message named them.

The message was refused, its sender gave up, or a restore was killed between files and rows. Such a
file has no row that could be marked, so the folder itself is gone through. A database that knows
fewer of the files than it does not know is taken for another one's (a trial, an empty one), and
nothing is removed. Not for a run each hour: the whole folder is read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hub.operations.archive.run.batches import batches
from hub.store.archive import references
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore

AGE = timedelta(days=30)
"""How long nobody has touched such a file: a month to notice that a database was restored from an
older copy, to which the newest files are unknown."""
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class UnknownFile:
    """What became of the files that the database does not know."""

    removed: int
    left: int
    """How many stay, because they are more than it knows."""


def remove_unknown(store: Store, files: BlobStore, *, give_way: Callable[[], None]) -> UnknownFile:
    """Remove what the database does not know and nobody has touched for `AGE`.

    For the process that leads, as `erasing.remove_files`.
    """
    count = 0
    unknown: list[str] = []
    for page in _pages(_stored(files.directory)):
        give_way()
        with store.read() as tx:
            known = references.known(tx, page)
        count += len(known)
        unknown += [it for it in page if it not in known]
    if len(unknown) > count:
        return UnknownFile(removed=0, left=len(unknown))
    removed = 0
    for page in _pages(unknown):
        give_way()
        with store.read() as tx:  # a message may have named one meanwhile
            known = references.known(tx, page)
        removed += sum(_remove(files, it) for it in page if it not in known)
    return UnknownFile(removed=removed, left=0)


def _remove(files: BlobStore, sha256: str) -> bool:
    return files.remove(sha256, untouched=AGE) and not files.place(sha256).exists()


def _pages(hashes: Iterable[str]) -> Iterator[list[str]]:
    return batches(hashes, lambda _: 1, most=AT_ONCE)


def _stored(directory: Path) -> Iterator[str]:
    """Yield the hash of every stored file, a folder at a time."""
    for folder in sorted(directory.glob("??/??")):
        yield from sorted(path.name for path in folder.iterdir() if len(path.name) == 64)

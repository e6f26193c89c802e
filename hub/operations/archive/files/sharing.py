"""One folder for all machines of a store: work begins only where the newest archive file is.

Else two machines would write two folders of one chain, and each would call the other's files
missing. A disk that is not mounted looks the same, and is told the same.
"""

from pathlib import Path

from hub.operations.archive.files.reading import ArchiveDamaged
from hub.store.archive import files
from hub.store.engine.store import Store
from hub.texts import both


class NotShared(ArchiveDamaged):
    """The folder is not the one in which this store's archive is; says what to do."""


def check(store: Store, folder: Path) -> None:
    """Raise NotShared unless the newest archive file of the store is in the folder."""
    with store.read() as tx:
        name = files.newest(tx)
    if name and not (folder / name).exists():
        raise NotShared(both("archive.not_shared", place=folder, file=name))

"""Tells a full disk from every other error, and which disk it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC

from hub.store.engine.store import is_full
from hub.texts import Explained, both


class NoRoom(Explained):
    """A disk is full; says which."""


@contextmanager
def needing_room() -> Iterator[None]:
    """Raise NoRoom where the block ends because a disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in (ENOSPC, EDQUOT):
            raise
        raise NoRoom(both("archive.no_room_for_files")) from error
    except Exception as error:
        if not is_full(error):
            raise
        raise NoRoom(both("archive.no_room_for_database")) from error

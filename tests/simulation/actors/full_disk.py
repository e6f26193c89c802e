"""A disk that is full for a while: commits and files find no room, now and then one still does."""

import errno
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

import sqlalchemy as sa
import tenacity.wait

from tests.simulation.actors.actor import Actor
from tests.simulation.crash.excused import excused

if TYPE_CHECKING:
    from tests.simulation.story import Story

LASTS = (20.0, 90.0, 300.0)
"""Seconds until somebody has made room; a role waits for it in one step."""
REFUSED = 0.6
"""Share of the writes that find no room meanwhile."""


class FullDisk(Actor):
    """The disk of the database and of the stored files."""

    def __init__(self, stage: "Story") -> None:
        self.stage = stage
        self._draw: random.Random = stage.chance.stream("disk")
        self._full_until = 0.0
        for process in stage.processes:
            process.store.require_room = self._require_room
            process.files.require_room = self._require_room_for_file

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Have those who wait for room wait as long in every run of a seed."""
        with mock.patch.object(tenacity.wait, "random", self._draw):
            yield

    def happen(self) -> None:
        """Fill it now and then."""
        if self.stage.chance.strikes("disk full", 0.008):
            self._full_until = self.stage.time.elapsed + self._draw.choice(LASTS)
            self.stage.note("story", "the disk is full")

    def _has_room(self) -> bool:
        chance = self.stage.chance
        if chance.calm or self.stage.time.elapsed >= self._full_until:
            return True
        return self._draw.random() >= REFUSED

    def _require_room(self) -> None:
        if not self._has_room():
            self.stage.chance.met["write without room"] += 1
            cause = sqlite3.OperationalError("database or disk is full")
            cause.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise excused(sa.exc.OperationalError("COMMIT", None, cause))

    def _require_room_for_file(self) -> None:
        if not self._has_room():
            self.stage.chance.met["file without room"] += 1
            raise excused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))

"""Stored files get as old as the story says: what touches one writes virtual time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from hub.store.messages import blobs
from tests.simulation.world.virtual_time import VirtualTime


@contextmanager
def aging(time: VirtualTime) -> Iterator[None]:
    """Have touched and published files bear the time of the story."""
    touch, publish = os.utime, blobs._publish

    def touched(place: Any, times: Any = None, **more: Any) -> None:
        present = time.now().timestamp()
        touch(place, times or (present, present), **more)

    def published(temporary: Path, place: Path) -> None:
        publish(temporary, place)
        touched(place)

    with (
        mock.patch.object(os, "utime", touched),
        mock.patch.object(blobs, "_publish", published),
    ):
        yield

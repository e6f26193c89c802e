"""Time and files, as the parts of the hub are given them."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

Clock = Callable[[], datetime]
"""Returns the present time, timezone-aware. Rules never hold one: time is an argument."""


class BlobPath(Protocol):
    """Where a stored file can be read from."""

    def __call__(self, sha256: str) -> Path: ...

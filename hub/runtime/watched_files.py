"""A value that is made of files and made again when one of them has changed: no restart is needed.

The files are checked as the value is asked for, once a second at most. Files that cannot be used
(half written, or a key that does not fit its certificate yet) change nothing: the value stays what
it was, and the log says so once for each state of the files.
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from hub.rules.failures.error_summary import describe_error
from hub.runtime.telemetry import Event, log

CHECK_EACH = 1.0
"""Seconds for which the files are believed to be as they were."""
T = TypeVar("T")
_Stamp = tuple[tuple[int, ...], ...]


class WatchedFiles(Generic[T]):
    """Gives the value of some files; threads share it."""

    def __init__(
        self, files: Sequence[Path], make: Callable[[], T], *, each: float | None = None
    ) -> None:
        """`make` reads the files. Raises what it raises: at first the files must be usable.

        `each`: seconds between two checks, None for `CHECK_EACH`.
        """
        self._files = tuple(files)
        self._make = make
        self._each = CHECK_EACH if each is None else each
        self._lock = threading.Lock()
        self._known = self._stamp()  # before they are read: a change meanwhile is noticed
        self._value = make()
        self._next = time.monotonic() + self._each

    def value(self) -> T:
        """Return the value of the files as they are, or as they were when they could be used."""
        if time.monotonic() < self._next:
            return self._value
        with self._lock:
            if time.monotonic() >= self._next:
                self._check()
                self._next = time.monotonic() + self._each
            return self._value

    def _check(self) -> None:
        stamp = self._stamp()
        if stamp == self._known:
            return
        self._known = stamp
        names = ", ".join(map(str, self._files))
        try:
            self._value = self._make()
        except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
            log.error(Event.FILES_UNUSABLE, path=names, error=describe_error(error))
            return
        log.info(Event.FILES_RENEWED, path=names)

    def _stamp(self) -> _Stamp:
        """Return what tells one state of the files from another; a missing file has one, too."""
        found: list[tuple[int, ...]] = []
        for file in self._files:
            try:
                state = file.stat()
            except OSError:
                found.append(())
            else:
                found.append((state.st_mtime_ns, state.st_size, state.st_ino))
        return tuple(found)

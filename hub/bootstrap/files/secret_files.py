"""Secrets of the settings that came from a file: a changed file holds without a restart.

So a token is exchanged while the hub works. For the gateway's own secrets only; what the hub logs
in with at partners is read at its start.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from hub.runtime.watched_files import WatchedFiles
from hub.settings import Settings


def secret(
    settings: Settings, name: str, *, environment: Mapping[str, str] = os.environ
) -> Callable[[], str]:
    """Return what gives a secret as it is now; `name` is its field in the settings.

    An empty file, or one that cannot be read, changes nothing.
    """
    known: str = getattr(settings, name)
    place = environment.get(f"HUB_{name.upper()}_FILE", "")
    file = Path(place)

    def read() -> str:
        text = file.read_text(encoding="utf-8").strip()
        if not text:
            raise ValueError("the file is empty")
        return text

    if not place or not known:
        return lambda: known
    watched = WatchedFiles([file], read)
    # Settings that were not made of this environment have a value of their own.
    return watched.value if watched.value() == known else lambda: known

"""The file that keys with a WS-Security digest are derived from; nothing of it is in the database.

A database that is stolen, or a backup of one, opens nothing: without the file no key can be made.
A file that is lost or replaced ends the digests of every key that was derived from it; the keys
themselves go on working as bearer tokens, since the database has their sha256.
"""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from hub.rules.clients import api_keys
from hub.rules.clients.api_keys import ApiKey
from hub.store.engine.file_rights import FILE

SHORTEST = 32
"""Bytes of a file that can be used."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file at one place; it is read each time, so a change needs no restart."""

    place: Path

    def derived(self, prefix: str) -> ApiKey | None:
        """Return the key of a prefix, None where there is no usable file."""
        key = self.content()
        return None if key is None else api_keys.derived(prefix, key)

    def content(self) -> bytes | None:
        """Return what is in the file, None where there is no usable one."""
        try:
            key = self.place.read_bytes().strip()
        except OSError:
            return None
        return key if len(key) >= SHORTEST else None

    def make(self) -> None:
        """Make the file for our user only; one that is there is not touched. Raises OSError."""
        if self.place.exists():
            return
        fresh = self.place.with_name(f"{self.place.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(f"{secrets.token_hex(SHORTEST)}\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(fresh, self.place)  # of two that make it, the second uses the first's
        except FileExistsError:
            pass
        finally:
            fresh.unlink()

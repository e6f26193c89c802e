"""The files of the secrets that webhooks are signed with: one a webhook, for the hub's user only.

A file has one secret a line, the newest first, at most two. It is read for each event, so a change
needs no restart. Every process that sends or manages webhooks needs the same folder.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from hub.rules.webhooks import signing
from hub.rules.webhooks.signing import SigningSecret
from hub.store.engine.file_rights import OTHERS, make_directory, write_whole

MOST = 2
_LARGEST = 4096


class NoSecret(Exception):
    """A webhook's secret cannot be read, or others may read it; the text names file and cause."""


class SecretFiles:
    """The secrets of one installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, webhook: str) -> Sequence[SigningSecret]:
        """Return the live secrets of a webhook, the newest first; raises NoSecret."""
        path = self.path(webhook)
        try:
            with path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & OTHERS:
                    raise NoSecret(f"{path}: others may read it (chmod 600)")
                text = file.read(_LARGEST).decode("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise NoSecret(f"{path}: {type(error).__name__}") from None
        found = [signing.read(line) for line in text.split()]
        known = [secret for secret in found if secret is not None]
        if not known or len(known) != len(found) or len(known) > MOST:
            raise NoSecret(f"{path}: not one or two secrets")
        return known

    def write(self, webhook: str, secrets: Sequence[SigningSecret]) -> None:
        """Put secrets in the place of those that are there, durably and whole. Raises OSError."""
        make_directory(self.folder)
        lines = "".join(f"{secret.text}\n" for secret in secrets)
        write_whole(self.path(webhook), lines.encode("ascii"))

    def remove(self, webhook: str) -> None:
        """Remove the secrets of a webhook."""
        self.path(webhook).unlink(missing_ok=True)

    def path(self, webhook: str) -> Path:
        """Return the file of a webhook."""
        return self.folder / f"{webhook}.secret"

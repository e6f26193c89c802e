"""A secret of a device: the one line of a file, never part of evidence."""

from pathlib import Path
from typing import Final

MOST_BYTES: Final = 512


def secret(file: str) -> str:
    """Return the one line of a file. Raises OSError, and ValueError for a file without use."""
    with Path(file).open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    text = content.decode().strip()
    if len(content) > MOST_BYTES or not text or not text.isprintable():
        raise ValueError(f"{file}: not one line of text")
    return text


def why_unusable(error: OSError | ValueError) -> str:
    """Return why a secret cannot be used, without a part of it."""
    if isinstance(error, UnicodeDecodeError):
        return "the file is not UTF-8"  # the error's own text holds bytes of the secret
    if isinstance(error, OSError):
        return f"{error.filename}: {type(error).__name__}"
    return str(error)

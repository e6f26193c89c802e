"""What the hub stores is for its own user only: directories 0700, files 0600.

Names and identity numbers of citizens lie in the database, in the files and in the scans. `tighten`
corrects what an older version or another umask left open, where the hub owns the path. It leaves a
data directory alone that holds anything else than the hub's own things: that may be everybody's.
"""

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

DIRECTORY, FILE = 0o700, 0o600
OTHERS = 0o077
"""The rights of everybody but the owner."""
_DATABASE = ("hub.db", "hub.db-wal", "hub.db-shm", "hub.db-journal")
_KEY = "ws.key"
_DIRECTORIES = (
    "files",
    "scans",
    "stopped",
    "archive",
    "webhooks",
    "snapshots",
    "acceptance",
)
_OURS = {*_DATABASE, _KEY, *_DIRECTORIES, "calls-made", "cpus"}


def make_directory(path: Path) -> None:
    """Make a directory for our user only; one that is there keeps its rights."""
    path.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for our user only; one that is there is not touched."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE))


def write_whole(path: Path, content: bytes) -> None:
    """Put a file for our user only in the place of what is there: durably, and whole or not at all.

    Several may write it at once, also from containers that share the folder and give out the same
    process ids: the last one counts. Raises OSError.
    """
    fresh = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)  # a disk that stays full must not fill with beginnings
        raise


def tighten(data_dir: Path) -> None:
    """Take the rights of others from what an installation stores, where our user owns the path."""
    for path in open_paths(data_dir):
        if path.stat().st_uid == os.geteuid() and (path != data_dir or _is_ours_alone(data_dir)):
            path.chmod(DIRECTORY if path.is_dir() else FILE)


def open_paths(data_dir: Path) -> list[Path]:
    """Return what of an installation others of this machine may read, write or enter."""
    return [path for path in _stored(data_dir) if stat.S_IMODE(path.stat().st_mode) & OTHERS]


def _stored(data_dir: Path) -> Iterator[Path]:
    for path in (data_dir, *(data_dir / name for name in (*_DATABASE, _KEY, *_DIRECTORIES))):
        if path.exists() and not path.is_symlink():
            yield path


def _is_ours_alone(data_dir: Path) -> bool:
    """Tell whether nothing lies there but what a hub makes; a shared place such as /tmp is not."""
    shared = bool(data_dir.stat().st_mode & stat.S_ISVTX)
    return not shared and {path.name for path in data_dir.iterdir()} <= _OURS

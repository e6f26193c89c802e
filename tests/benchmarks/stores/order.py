"""What one process of a trial is to do: a file that it is given at its start."""

import sys
from pathlib import Path

import msgspec


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One process of one trial."""

    folder: str
    stamps_in: str
    """The folder of the trial: all its processes stamp there."""
    role: str
    """`accept`, `receive` or `deliver`."""
    database: str
    process: int
    """Its number among the processes of the trial; tells its dossiers from theirs, too."""
    alone: bool
    count: int

    @property
    def stamps(self) -> Path:
        """Where each message is noted when it is committed."""
        return Path(self.stamps_in) / "stamps"

    @property
    def ready(self) -> Path:
        """There when everything is prepared."""
        return Path(self.folder) / "ready"

    @property
    def start(self) -> Path:
        """There when all processes of the trial are ready: they begin together."""
        return Path(self.stamps_in) / "start"

    @property
    def trips(self) -> Path:
        """Where the process leaves how often it asked its PostgreSQL server."""
        return Path(self.folder) / "trips"

    def write(self) -> Path:
        """Write the file, which holds a password; return its path."""
        path = Path(self.folder) / "order.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(self))
        return path


def given() -> Order:
    """Return this process's order."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)

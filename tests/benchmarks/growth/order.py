"""What a measured program is told, and what it reports: two files in the trial's folder."""

import sys
from datetime import timedelta
from pathlib import Path

import msgspec

from hub.drill.sandbox.loopback import free_port
from hub.settings import Settings
from tests.benchmarks.growth.stores.kept import Grown


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, as its program sees it."""

    folder: str
    data_dir: str
    database_url: str
    series: str
    """Tells the dossiers of one trial from those of another: the stores are kept."""
    dossiers: int = 0
    commands: dict[str, list[str]] = msgspec.field(default_factory=dict)
    times: int = 5
    """How often a command is run."""

    def settings(self) -> Settings:
        """Return the hub's settings: a province that is not there, because nothing is sent."""
        return Settings(
            data_dir=self.data_dir,
            database_url=self.database_url,
            http_port=free_port(),
            province_url="http://127.0.0.1:9",
            province_username="bench",
            province_password="bench",
            log_level="WARNING",
        )

    @property
    def findings(self) -> Path:
        """Where the program leaves what it measured, as JSON."""
        return Path(self.folder) / "findings.json"

    def write(self) -> Path:
        """Write the file, which holds passwords; return its path."""
        path = Path(self.folder) / "order.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(self))
        return path

    def report(self, found: dict[str, float]) -> None:
        """Leave what was measured."""
        self.findings.write_bytes(msgspec.json.encode(found))


def order_for(grown: Grown, folder: Path, series: str) -> Order:
    """Return the order of a trial in one of the stores."""
    return Order(
        folder=str(folder),
        data_dir=str(grown.data_dir),
        database_url=grown.database_url,
        series=series,
    )


def given() -> Order:
    """Return this process's order."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)


WITHIN = timedelta(minutes=3)
"""For one stage of a trial."""

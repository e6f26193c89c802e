"""What the console and the operators who look are told: a file, as for any measured program."""

import os
import sys
from pathlib import Path
from typing import TypeVar

import msgspec

from hub.settings import CONSOLE, Settings

OPERATORS = 20
EACH = 5.0
"""Seconds from one page of an operator to that operator's next one."""
Order = TypeVar("Order", bound="Looking")


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """How the console is started, and what is looked at."""

    folder: str
    data_dir: str
    database_url: str
    port: int
    paths: tuple[str, ...] = ()
    cookie: str = ""

    def settings(self) -> Settings:
        """Return the settings of a process that has the console alone."""
        return Settings(
            roles=CONSOLE,
            data_dir=self.data_dir,
            database_url=self.database_url,
            console_port=self.port,
            log_level="WARNING",
        )

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def seen(self) -> Path:
        """Where the operators leave how long each page took, in milliseconds."""
        return Path(self.folder) / "seen.json"

    def write(self) -> Path:
        """Write the file, which holds a session; return its path."""
        path = Path(self.folder) / "order.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(self))
        return path


def given(kind: type[Order]) -> Order:
    """Return this process's order."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=kind)


def give_way() -> None:
    """Leave the processor to what is measured: operators' browsers are on other machines."""
    os.nice(15)

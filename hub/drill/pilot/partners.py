"""The partners of the pilot: both simulators as processes of their own, with generated secrets."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.simulation.process import SimulatorProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Credentials of one run; each also stands in a file that only this user can read."""

    directory: Path
    province_username: str = "phuong-huong-xuan"
    province_password: str
    town_client_id: str = "phuong-huong-xuan"
    town_client_secret: str
    town_callback_secret: str
    file_token: str

    @classmethod
    def generate(cls, directory: Path) -> "Secrets":
        """Make new secrets and write their files."""
        directory.mkdir(mode=0o700, parents=True)
        names = ("province_password", "town_client_secret", "town_callback_secret", "file_token")
        made = {name: secrets.token_urlsafe(24) for name in names}
        for name, value in made.items():
            path = directory / name
            path.touch(mode=0o600)
            path.write_text(value, encoding="utf-8")
        return cls(directory=directory, **made)

    def file(self, name: str) -> str:
        """Return the path of a secret's file."""
        return str(self.directory / name)


def start_province(directory: Path, keys: Secrets, *, seed: int) -> SimulatorProcess:
    """Start the province."""
    return SimulatorProcess.start(
        "adapters.provincial.simulator",
        [
            "--seed",
            str(seed),
            "--username",
            keys.province_username,
            "--password-file",
            keys.file("province_password"),
        ],
        ledger=directory / "province.db",
        log=directory / "province.log",
    )


def start_town(
    directory: Path, keys: Secrets, *, hub_port: int, until: datetime, seed: int
) -> SimulatorProcess:
    """Start the town; it calls back the hub on `hub_port`."""
    return SimulatorProcess.start(
        "adapters.town_center.simulator",
        [
            "--seed",
            str(seed),
            "--hub-url",
            f"http://127.0.0.1:{hub_port}",
            "--until",
            until.isoformat(),
            "--client-id",
            keys.town_client_id,
            "--client-secret-file",
            keys.file("town_client_secret"),
            "--callback-secret-file",
            keys.file("town_callback_secret"),
            "--file-token-file",
            keys.file("file_token"),
        ],
        ledger=directory / "town.db",
        log=directory / "town.log",
    )

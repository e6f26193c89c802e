"""What a program is to deliver, and where: a file that it is given at its start."""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from adapters.provincial.settings import ProvincialSettings
from hub.messages import catalog
from hub.messages.envelope import Message, decode
from hub.messages.payloads import ProvinceDossier
from tests.benchmarks.place import ROOT
from tests.support.payloads import read_as

AGENCY = "000.99.01.H57"
EXAMPLE = ROOT / "schemas" / "examples" / "province.dossier.v1.json"
THREADS = 8


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One trial, as its program sees it."""

    folder: str
    count: int
    series: int
    """Tells the dossiers of one trial from those of another: the simulator remembers them."""
    province_url: str
    username: str
    password: str
    broker_url: str = ""
    management_url: str = ""
    data_dir: str = ""
    """Of the hub, "" for the folder."""
    database_url: str = ""

    @property
    def stamps(self) -> Path:
        """Where each delivery is noted."""
        return Path(self.folder) / "stamps"

    @property
    def province(self) -> ProvincialSettings:
        """The province's settings."""
        return ProvincialSettings(
            url=self.province_url,
            username=self.username,
            password=self.password,
            agency=AGENCY,
            file_base_url="http://127.0.0.1/files",
            concurrency=THREADS,
        )

    def dossiers(self) -> Iterator[ProvinceDossier]:
        """Return the dossiers to register: the example, each under a number of its own."""
        example = read_as(decode(EXAMPLE.read_bytes()), ProvinceDossier)
        for number in range(self.count):
            yield msgspec.structs.replace(
                example, number=f"000.{self.series:02}.01.H57-180806-{number:06}"
            )

    def messages(self) -> Iterator[Message]:
        """Return the same as messages of the records."""
        example = decode(EXAMPLE.read_bytes())
        for dossier in self.dossiers():
            yield catalog.compose(
                dossier, time=example.time, source="records", attachments=example.attachments
            )

    def write(self) -> Path:
        """Write the file; return its path."""
        path = Path(self.folder) / "order.json"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(self))
        return path


def given() -> Order:
    """Return this process's order."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Order)

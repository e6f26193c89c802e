"""Where the virus scanner listens: `unix:/path` or `tcp://host:port`."""

import re
from dataclasses import dataclass

FORMS = "unix:/path, tcp://host:port"
_TCP = re.compile(r"tcp://(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True)
class VirusScannerAddress:
    """An address; a Unix socket's has a `path`, that of TCP a host and a port."""

    path: str = ""
    host: str = ""
    port: int = 0


def parse(text: str) -> VirusScannerAddress:
    """Return the address in a text; raises ValueError."""
    if text.startswith("unix:/"):
        return VirusScannerAddress(path=text.removeprefix("unix:"))
    found = _TCP.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 65_536:
        raise ValueError(FORMS)
    return VirusScannerAddress(host=found["host"].strip("[]"), port=int(found["port"]))

"""What a workstation knows of itself: whose agent it is, and its key, in a file for its user only.

On Windows the file has the rights of its directory, which must be the service user's alone.
"""

import os
from pathlib import Path

import msgspec

from hub.edge import machine

FILE = "agent.json"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled agent."""

    url: str
    """http(s)://host[:port] of the hub's gateway."""
    agent: str
    key: str
    agency: str = ""
    spool: str = ""
    """Id of the spool, made at enrolment: what waited before goes on in it."""
    mark: str = ""
    """Of the place of enrolment, see `hub/edge/machine.py`; "" where it is not known."""
    ca_file: str = ""
    """Roots that sign the hub's certificate, "" for those of the system."""
    devices_file: str = ""
    """TOML, as `HUB_DEVICES_FILE`; "" for no devices."""
    budget_mb: int = 2048
    plain_http: bool = False
    """A person decided that the line is protected otherwise; else only https:// is spoken, and
    plain HTTP to this machine itself."""


class NotEnrolled(Exception):
    """The directory has no credential that can be read."""


def load(directory: Path) -> Credential:
    """Return the credential of a directory. Raises NotEnrolled."""
    try:
        return msgspec.json.decode((directory / FILE).read_bytes(), type=Credential)
    except (OSError, msgspec.DecodeError) as error:
        raise NotEnrolled(f"{directory / FILE}: {type(error).__name__}") from None


def is_moved(directory: Path, credential: Credential) -> bool:
    """Tell whether a directory certainly is not where its agent was enrolled."""
    return machine.differs(credential.mark, machine.mark(directory, credential.spool))


def save(directory: Path, credential: Credential) -> None:
    """Write the credential so that it is there as a whole, or as before."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = directory / f"{FILE}.new"
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credential), indent=2))
        file.flush()
        os.fsync(file.fileno())
    part.replace(directory / FILE)

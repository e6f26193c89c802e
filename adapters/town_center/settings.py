"""What the adapter must know of one installation: addresses, identities, secrets, patience.

Checked once, when made; a secret is in no repr. It reads no environment: bootstrap fills it in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote, urlsplit

from adapters.town_center.profile import shipped
from adapters.wire.connections.addresses import address_of, resolve
from adapters.wire.partner_settings import PartnerSettings
from adapters.wire.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class PullLimits:
    """How much may be under way, and for how long."""

    at_once: int = 4
    """Reports whose files are pulled at the same time."""
    answer_within: timedelta = timedelta(seconds=5)
    """How long the callback waits that began a pull."""
    whole_report: timedelta = timedelta(minutes=30)
    """How long pulling all files of one report may take."""
    largest: int = 200 * 1024 * 1024
    """Largest result file in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownSettings(PartnerSettings):
    """One town administrative centre. Raises ValueError, naming the field, when unusable."""

    url: str
    """Base address of the town's service, e.g. `https://town.example/api`."""
    client_id: str
    client_secret: str = field(repr=False)
    callback_secret: str = field(repr=False)
    """Shared with the town; signs its callbacks."""
    file_base_url: str
    """Address of the hub's file endpoint; a file is at `<file_base_url>/<sha256>`."""
    callback_tolerance: timedelta = timedelta(days=30)
    """How far the time in a callback's signature may be from ours. A town repeats a callback as it
    signed it first, for as long as the hub was away; a repeat is known by its step."""
    callback_limit: int = 256 * 1024
    """Largest callback in bytes."""
    pulling: PullLimits = PullLimits()
    """How large result files may be, how many are pulled at once, and for how long."""
    processes: Mapping[str, str] = field(default_factory=dict)
    """Procedure code -> the town's process code, where it is not the national code's core."""
    profile: Profile = field(default_factory=shipped)

    def __post_init__(self) -> None:
        for name in ("url", "file_base_url"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError(f"{name}: an http or https address is needed")
            if parts.username or parts.password or parts.query or parts.fragment:
                raise ValueError(f"{name}: an address without user, query or fragment is needed")
        for name in ("client_id", "client_secret", "callback_secret"):
            if not getattr(self, name):
                raise ValueError(f"{name}: must not be empty")
        if self.concurrency < 1:
            raise ValueError("concurrency: at least 1")

    def address(self, operation: str, number: str = "") -> str:
        """Return the whole address of an operation; `number` is the dossier's."""
        found = address_of(self.profile.addresses.rest, operation) or ""
        return resolve(self.url, found.replace("{number}", quote(number, safe="")))

    @property
    def contract_address(self) -> str:
        """The whole address of the contract that the town serves, "" where none is asked for."""
        named = self.profile.contract.openapi
        return resolve(self.url, named) if named else ""

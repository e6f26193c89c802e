"""Where the province is and how patient we are with it: one frozen record, checked when made."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from adapters.provincial.profile import shipped
from adapters.wire.http import Limits
from adapters.wire.profile import Profile
from hub.rules.comparing import Resolution

SCHEMAS = Path(__file__).parents[2] / "schemas" / "provincial"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvincialSettings:
    """Everything that differs between one provincial installation and another."""

    url: str
    """http(s)://host[:port][/path], without the paths below."""
    username: str
    password: str = field(repr=False)
    agency: str
    """Our agency id (madonvi)."""
    file_base_url: str
    """Address under which the province pulls files; a file's is `<file_base_url>/<sha256>`."""
    mode: Literal["soap", "rest"] = "soap"
    soap_path: str = "/soap"
    login_path: str = "/mapi/login"
    call_path: str = "/mapi/g"
    wsdl: Path = SCHEMAS / "hosodientu.wsdl"
    xsd: Path = SCHEMAS / "hosodientu.xsd"
    request_id: str = "X-Request-Id"
    """Header field that marks a call and comes back with its reply; "" where it does not."""
    ca_file: str | None = None
    """Roots that sign the province's certificate; None means the system's."""
    connect_timeout: timedelta = timedelta(seconds=5)
    reply_timeout: timedelta = timedelta(seconds=30)
    concurrency: int = 8
    profile: Profile = field(default_factory=shipped)
    """What differs between one province's software and another's."""

    @property
    def resolution(self) -> Resolution:
        """How exactly the province keeps times and texts."""
        kept = self.profile.resolution
        return Resolution(time=kept.time, text=kept.text_length)

    @property
    def limits(self) -> Limits:
        """The limits of a call to the province."""
        return Limits(
            connect_timeout=self.connect_timeout,
            reply_timeout=self.reply_timeout,
            connections=self.concurrency,
        )

"""Where the province is and how patient we are with it: one frozen record, checked when made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from adapters.provincial.profile import shipped
from adapters.wire.connections.addresses import address_of, resolve
from adapters.wire.partner_settings import PartnerSettings
from adapters.wire.profile import Profile
from adapters.wire.ws_security import SecuritySettings
from adapters.wire.wsdl import soap_path

SCHEMAS = Path(__file__).parents[2] / "schemas" / "provincial"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvincialSettings(PartnerSettings):
    """Everything that differs between one provincial installation and another."""

    url: str
    """http(s)://host[:port][/path]; see `address` for what is called behind it."""
    username: str
    password: str = field(repr=False)
    agency: str
    """Our agency id (madonvi)."""
    file_base_url: str
    """Address under which the province pulls files; a file's is `<file_base_url>/<sha256>`."""
    mode: Literal["soap", "rest"] = "soap"
    security: SecuritySettings = field(default_factory=SecuritySettings)
    """How the envelopes of SOAP are signed; not by default."""
    wsdl: Path = SCHEMAS / "hosodientu.wsdl"
    xsd: Path = SCHEMAS / "hosodientu.xsd"
    profile: Profile = field(default_factory=shipped)

    def address(self, operation: str) -> str:
        """Return the whole address of an operation.

        By SOAP, in this order: the profile's, the path in `url`, that of the WSDL's `soap:address`.
        """
        if self.mode == "rest":
            return resolve(self.url, address_of(self.profile.addresses.rest, operation) or "")
        found = address_of(self.profile.addresses.soap, operation)
        if found is None and not urlsplit(self.url).path.strip("/"):
            found = soap_path(Path(self.profile.addresses.wsdl or self.wsdl))
        return resolve(self.url, found or "")

    @property
    def contract_address(self) -> str:
        """The address of the contract that the province serves, "" where none is asked for."""
        if self.mode == "rest":
            named = self.profile.contract.openapi
            return resolve(self.url, named) if named else ""
        named = self.profile.contract.wsdl
        if named.startswith("?"):
            return self.address("DongBoHoSoMC").partition("?")[0] + named
        return resolve(self.url, named) if named else ""

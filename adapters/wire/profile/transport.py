"""The sections of a profile about the way to the partner: waits, TLS, proxy, files, contract."""

from datetime import timedelta
from typing import Annotated, Literal

from adapters.wire.profile.kinds import ProfileKey, Section


class RetryAfter(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a wish in `Retry-After` is followed."""

    longest: Annotated[timedelta, ProfileKey("retry_after_longest", form="duration")] = timedelta(
        days=7
    )
    pause_from: Annotated[timedelta, ProfileKey("retry_after_pause_from", form="duration")] = (
        timedelta(minutes=1)
    )


class Tls(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the encrypted line is made. Paths are from the profile's folder."""

    ca_file: Annotated[str, ProfileKey("tls_ca_file")] = ""
    client_certificate: Annotated[str, ProfileKey("tls_client_certificate")] = ""
    client_key: Annotated[str, ProfileKey("tls_client_key")] = ""
    minimum: Annotated[Literal["1.2", "1.3"], ProfileKey("tls_minimum", choices=("1.2", "1.3"))] = (
        "1.2"
    )


class Proxy(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether calls go through an HTTP proxy."""

    url: Annotated[str, ProfileKey("proxy_url")] = "environment"
    password_file: Annotated[str, ProfileKey("proxy_password_file")] = ""


class Files(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files are pulled."""

    partner_pulls_with: Annotated[
        Literal["bearer", "basic"],
        ProfileKey("files_partner_pulls_with", choices=("bearer", "basic")),
    ] = "bearer"
    hub_pulls_with: Annotated[
        Literal["login", "none"], ProfileKey("files_hub_pulls_with", choices=("login", "none"))
    ] = "login"


class Served(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract that the partner serves itself; the hub compares it once a day.

    Addresses as in `addresses`.
    """

    wsdl: Annotated[str, ProfileKey("contract_wsdl")] = "?wsdl"
    openapi: Annotated[str, ProfileKey("contract_openapi")] = ""

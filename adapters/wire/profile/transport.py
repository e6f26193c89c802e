"""The sections of a profile about the way to the partner: waits, TLS, proxy, files, contract."""

from datetime import timedelta
from typing import Annotated, Literal

from adapters.wire.profile.kinds import DURATION, ProfileKey, Section


class RetryAfter(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a wish in `Retry-After` is followed."""

    longest: Annotated[
        timedelta,
        ProfileKey(
            DURATION,
            "Longest wish that is followed; a longer one is taken for a mistake and counts as "
            "this long.",
        ),
    ] = timedelta(days=7)
    pause_from: Annotated[
        timedelta,
        ProfileKey(
            DURATION,
            "A wish that is at least this long pauses the operation for all dossiers, and "
            "`hub partners pauses` shows it; a shorter one concerns the one delivery.",
        ),
    ] = timedelta(minutes=1)


class Tls(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the encrypted line is made. Paths are from the profile's folder."""

    ca_file: Annotated[
        str,
        ProfileKey(
            "path of a PEM file; empty: the system's roots",
            "Certificates of those who may sign the partner's.",
        ),
    ] = ""
    client_certificate: Annotated[
        str,
        ProfileKey(
            "path of a PEM file; empty: none", "The hub's own certificate for this partner."
        ),
    ] = ""
    client_key: Annotated[
        str,
        ProfileKey(
            "path of a PEM file, readable by its owner only; empty: none",
            "Private key of the certificate.",
        ),
    ] = ""
    minimum: Annotated[
        Literal["1.2", "1.3"],
        ProfileKey("1.2 | 1.3", "Oldest version of TLS that is spoken."),
    ] = "1.2"


class Proxy(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether calls go through an HTTP proxy."""

    url: Annotated[
        str,
        ProfileKey(
            "environment | off | http://host:port",
            "environment: HTTPS_PROXY, HTTP_PROXY and NO_PROXY count. A user may stand in the "
            "address, a password may not.",
        ),
    ] = "environment"
    password_file: Annotated[
        str,
        ProfileKey("path of a file; empty: none", "Password of the user in `url`."),
    ] = ""


class Files(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files are pulled."""

    partner_pulls_with: Annotated[
        Literal["bearer", "basic"],
        ProfileKey(
            "bearer | basic",
            "How the partner shows HUB_FILE_TOKEN when it pulls files from the hub: as a bearer "
            "token, or as the password of any user.",
        ),
    ] = "bearer"
    hub_pulls_with: Annotated[
        Literal["login", "none"],
        ProfileKey(
            "login | none",
            "Whether the hub shows its token when it pulls files from the partner.",
        ),
    ] = "login"


class Served(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The contract that the partner serves itself; the hub compares it once a day.

    Addresses as in `addresses`.
    """

    wsdl: Annotated[
        str,
        ProfileKey(
            'address; "?wsdl" and the like: behind the address of the calls; empty: never fetched',
            "Where the partner serves its WSDL, for calls by SOAP.",
        ),
    ] = "?wsdl"
    openapi: Annotated[
        str,
        ProfileKey(
            "address of a JSON or YAML file; empty: never fetched",
            "Where the partner serves its OpenAPI document, for calls by REST.",
        ),
    ] = ""

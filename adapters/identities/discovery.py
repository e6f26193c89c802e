"""What a provider says of itself: OpenID Connect Discovery 1.0, read strictly. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.identities.calls import checked_address
from hub.rules.users.id_tokens import ALGORITHMS
from hub.rules.users.identities import IdentityRefusal, IdentityRefused

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderMetadata:
    """The parts of the document that the hub uses."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    """Signatures of ID tokens that both sides know."""
    secret_in_body: bool
    """Whether the client's secret goes into the form, because a header is not taken."""
    names_itself: bool
    """Whether its answers to the browser carry `iss` (RFC 9207)."""
    end_session_endpoint: str
    """Where a browser is sent to sign out (RP-Initiated Logout 1.0), "" without a usable one."""


def read_metadata(found: Mapping[str, Any], *, issuer: str) -> ProviderMetadata:
    """Return what the hub uses of a document. Raises IdentityRefused, naming what is wrong."""
    if found.get("issuer") != issuer:
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "the document names another issuer")
    algorithms = tuple(
        it
        for it in ALGORITHMS
        if it in _words(found, "id_token_signing_alg_values_supported", ["RS256"])
    )
    if not algorithms:
        raise IdentityRefused(
            IdentityRefusal.PROVIDER_ANSWER, f"signs with none of {' '.join(ALGORITHMS)}"
        )
    if "S256" not in _words(found, "code_challenge_methods_supported", ["S256"]):
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "does not know PKCE with S256")
    methods = _words(found, "token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return ProviderMetadata(
        authorization_endpoint=checked_address(found.get("authorization_endpoint")),
        token_endpoint=checked_address(found.get("token_endpoint")),
        jwks_uri=checked_address(found.get("jwks_uri")),
        algorithms=algorithms,
        secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        end_session_endpoint=_usable(found.get("end_session_endpoint")),
    )


def _usable(address: object) -> str:
    """Return an address that may be called, "" for any other: what nobody needs stops nobody."""
    try:
        return checked_address(address)
    except IdentityRefused:
        return ""


def _words(found: Mapping[str, Any], name: str, default: list[str]) -> list[str]:
    given = found.get(name, default)
    return [it for it in given if isinstance(it, str)] if isinstance(given, list) else []

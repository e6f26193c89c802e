"""What the claims of an ID token must say: OpenID Connect Core 1.0, section 3.1.3.7. Pure.

The signature is checked before (see `adapters.identities.signing_keys`). Strict: a claim of another
type than the standard's, or a second audience, proves nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.rules.users.identities import IdentityRefusal, IdentityRefused, ProvenIdentity

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key pair only: never `none`, and no HMAC, whose key the public one could be."""
SKEW = timedelta(seconds=60)
"""By how much the provider's clock may be off."""
OLDEST = timedelta(minutes=10)
"""A token is fetched as soon as the person is back; an older one is of another sign-in."""
LONGEST_SUBJECT = 255
_LATEST = 253_402_300_799
"""The last second of the year 9999: what a date can hold."""


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> None:
    """Raise IdentityRefused unless a token is of this provider, for this hub, sign-in and time."""
    if claims.get("iss") != issuer:
        raise IdentityRefused(IdentityRefusal.TOKEN_ISSUER)
    audience = claims.get("aud")
    if audience not in (client_id, [client_id]):
        raise IdentityRefused(IdentityRefusal.TOKEN_AUDIENCE, "aud")
    if claims.get("azp", client_id) != client_id:
        raise IdentityRefused(IdentityRefusal.TOKEN_AUDIENCE, "azp")
    if now >= _moment(claims, "exp") + SKEW:
        raise IdentityRefused(IdentityRefusal.TOKEN_TIME, "exp")
    made = _moment(claims, "iat")
    if made > now + SKEW or made < now - OLDEST - SKEW:
        raise IdentityRefused(IdentityRefusal.TOKEN_TIME, "iat")
    if "nbf" in claims and _moment(claims, "nbf") > now + SKEW:
        raise IdentityRefused(IdentityRefusal.TOKEN_TIME, "nbf")
    shown = claims.get("nonce")
    if not isinstance(shown, str) or not hmac.compare_digest(shown.encode(), nonce.encode()):
        raise IdentityRefused(IdentityRefusal.TOKEN_NONCE)


def check_access_token(claims: Mapping[str, Any], access_token: str) -> None:
    """Raise IdentityRefused where the token names another access token than came with it.

    Each of ALGORITHMS hashes with SHA-256, and so does `at_hash`.
    """
    if "at_hash" not in claims:
        return
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    expected = base64.urlsafe_b64encode(half).rstrip(b"=")
    shown = claims["at_hash"]
    if not isinstance(shown, str) or not hmac.compare_digest(shown.encode(), expected):
        raise IdentityRefused(IdentityRefusal.TOKEN_CLAIMS, "at_hash")


def identity_in(
    claims: Mapping[str, Any], *, issuer: str, claim: str, second_factors: Collection[str]
) -> ProvenIdentity:
    """Return the person of a checked token, named by the claim `claim`. Raises IdentityRefused.

    A mail address counts only if the provider says that it has verified it. `second_factors`: the
    values of `amr`, or of `acr`, that prove a second factor.
    """
    subject = claims.get(claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise IdentityRefused(IdentityRefusal.TOKEN_CLAIMS, claim)
    if not subject.isprintable():
        raise IdentityRefused(IdentityRefusal.TOKEN_CLAIMS, claim)
    if claim == "email" and claims.get("email_verified") is not True:
        raise IdentityRefused(IdentityRefusal.TOKEN_CLAIMS, "email_verified")
    methods = claims.get("amr")
    shown = [it for it in methods if isinstance(it, str)] if isinstance(methods, list) else []
    level = claims.get("acr")
    proven = {*shown, *([level] if isinstance(level, str) else [])}
    return ProvenIdentity(
        issuer=issuer, subject=subject, second_factor=not proven.isdisjoint(second_factors)
    )


def challenge_of(verifier: str) -> str:
    """Return what is sent ahead of a PKCE verifier: S256, RFC 7636 section 4.2."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= _LATEST:
        raise IdentityRefused(IdentityRefusal.TOKEN_TIME, name)
    return datetime.fromtimestamp(found, UTC)

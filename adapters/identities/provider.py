"""A provider of identities by OpenID Connect: code flow with PKCE, state and nonce.

Promises that an identity which `redeem` returns was signed by this provider for this hub and this
sign-in, now. It opens nothing: which account an identity has is the hub's business.
"""

import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from adapters.identities.calls import Calls
from adapters.identities.discovery import WELL_KNOWN, ProviderMetadata, read_metadata
from adapters.identities.signing_keys import SigningKeys, read_keys
from hub.ports import Clock
from hub.rules.users.id_tokens import (
    challenge_of,
    check_access_token,
    check_claims,
    identity_in,
)
from hub.rules.users.identities import (
    ExaminedProvider,
    IdentityRefusal,
    IdentityRefused,
    ProvenIdentity,
    Started,
)

METADATA_LASTS = timedelta(hours=1)
_SCOPES = {"sub": "openid", "email": "openid email"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How this hub is registered at the provider."""

    issuer: str
    client_id: str
    secret: Callable[[], str] = field(default=lambda: "", repr=False)
    """The client's secret as its file has it now, "" for a public client."""
    redirect_uri: str
    claim: str = "sub"
    """The claim that names a person."""
    second_factors: Sequence[str] = ()
    """Values of `amr` or `acr` that stand for the hub's own one-time code."""
    button: str = ""
    signed_out_uri: str = ""
    """Where a browser comes back to after a sign-out at the provider; "": none is offered."""


class OidcProvider:
    """One provider; threads share it."""

    def __init__(self, registration: Registration, calls: Calls, *, clock: Clock) -> None:
        self.issuer, self.button = registration.issuer, registration.button
        self._own, self._calls, self._clock = registration, calls, clock
        self._lock = threading.Lock()
        self._metadata: tuple[ProviderMetadata, datetime] | None = None
        self._keys = SigningKeys(lambda: calls.get(self._known().jwks_uri))
        self._place = self.issuer.rstrip("/") + WELL_KNOWN

    def address(self, started: Started) -> str:
        """Return where a browser is sent to sign in. Raises IdentityRefused."""
        found = self._known()
        wanted = {
            "response_type": "code",
            "client_id": self._own.client_id,
            "redirect_uri": self._own.redirect_uri,
            "scope": _SCOPES.get(self._own.claim, "openid profile"),
            "state": started.state,
            "nonce": started.nonce,
            "code_challenge": challenge_of(started.verifier),
            "code_challenge_method": "S256",
        }
        place = found.authorization_endpoint
        return _with_query(place, wanted)

    def sign_out_address(self, id_token: str) -> str:
        """Return where a browser is sent to sign out at the provider, "" where it cannot be.

        `id_token`: of the sign-in that is to end. Raises IdentityRefused.
        """
        back = self._own.signed_out_uri
        place = self._known().end_session_endpoint if back else ""
        if not place:
            return ""
        wanted = {"id_token_hint": id_token, "client_id": self._own.client_id}
        return _with_query(place, {**wanted, "post_logout_redirect_uri": back})

    def examine(self) -> ExaminedProvider:
        """Ask the provider for all that a sign-in needs of it. Raises IdentityRefused."""
        found, ahead = self._calls.get_timed(self._place, clock=self._clock)
        metadata = read_metadata(found, issuer=self.issuer)
        keys = read_keys(self._calls.get(metadata.jwks_uri))
        return ExaminedProvider(
            redirect_uri=self._own.redirect_uri,
            keys=len(keys),
            clock_ahead=ahead,
            signed_out_uri=self._own.signed_out_uri,
            signs_out=bool(metadata.end_session_endpoint),
        )

    def check_answer_from(self, issuer: str | None) -> None:
        """Raise IdentityRefused where the browser's answer names another provider (RFC 9207)."""
        if issuer is None and not self._known().names_itself:
            return
        if issuer != self.issuer:
            raise IdentityRefused(IdentityRefusal.TOKEN_ISSUER, "iss of the answer")

    def redeem(self, code: str, started: Started, *, now: datetime) -> ProvenIdentity:
        """Return the person whose code it is, checked in every respect. Raises IdentityRefused."""
        own, found = self._own, self._known()
        id_token, access_token = self._exchange(found, code, started)
        claims = self._keys.claims(id_token, algorithms=found.algorithms, now=now)
        check_claims(
            claims, issuer=own.issuer, client_id=own.client_id, nonce=started.nonce, now=now
        )
        check_access_token(claims, access_token)
        identity = identity_in(
            claims, issuer=own.issuer, claim=own.claim, second_factors=own.second_factors
        )
        return replace(identity, id_token=id_token)

    def _exchange(self, found: ProviderMetadata, code: str, started: Started) -> tuple[str, str]:
        """Exchange the code; return ID token and access token."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._own.redirect_uri,
            "code_verifier": started.verifier,
        }
        headers, secret = {}, self._own.secret()
        if secret and not found.secret_in_body:
            headers["Authorization"] = _basic(self._own.client_id, secret)
        else:
            fields |= {"client_id": self._own.client_id}
            fields |= {"client_secret": secret} if secret else {}
        status, answer = self._calls.post(found.token_endpoint, fields, headers)
        if status != 200:
            away = status >= 500 or status == 429
            kind = IdentityRefusal.PROVIDER_AWAY if away else IdentityRefusal.PROVIDER_REFUSED
            raise IdentityRefused(kind, f"HTTP {status} {_word(answer.get('error'))}".strip())
        id_token, access_token = answer.get("id_token"), answer.get("access_token", "")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "no id_token")
        return id_token, access_token

    def _known(self) -> ProviderMetadata:
        """Return what the provider says of itself, asked for again each hour."""
        now = self._clock()
        with self._lock:
            known = self._metadata
        if known is not None and now - known[1] < METADATA_LASTS:
            return known[0]
        # Without the lock: a provider that answers slowly holds up nobody who knows it already.
        found = read_metadata(self._calls.get(self._place), issuer=self.issuer)
        with self._lock:
            self._metadata = (found, now)
        return found


def _with_query(place: str, wanted: Mapping[str, str]) -> str:
    """Return an address with more parameters, its own query kept."""
    return f"{place}{'&' if '?' in place else '?'}{urlencode(wanted)}"


def _basic(client_id: str, secret: str) -> str:
    """Return the header of a client's secret: RFC 6749, section 2.3.1."""
    both = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(both.encode()).decode()}"


def _word(value: object) -> str:
    """Return an error code of OAuth, "" for anything else: it goes into a log."""
    is_code = isinstance(value, str) and len(value) <= 60 and value.replace("_", "").isalnum()
    return str(value) if is_code and str(value).isascii() else ""

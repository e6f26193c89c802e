"""The public keys of a provider, and the signature of its tokens.

The keys are fetched when a token names one that is not known, so that a provider may change them at
any time; but once a minute at most, so that made-up tokens do not call it. Algorithm, type of key
and use of key are fixed before anything is verified: a token chooses nothing.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.rules.users.identities import IdentityRefusal, IdentityRefused

AGAIN = timedelta(minutes=1)
"""After that an unknown key has the keys fetched again."""
OLDEST = timedelta(hours=12)
"""Keys are fetched anew after that: one that the provider took back ends, too."""
MOST_KEYS = 50
LONGEST_TOKEN = 16 * 1024
_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC"}
_SMALLEST_RSA = 2048


class SigningKeys:
    """Verifies tokens by the keys of one provider; threads share it."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        """`fetch` returns the key set as it is now. Raises IdentityRefused."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._keys: Sequence[Any] = ()
        self._fetched_at: datetime | None = None

    def claims(self, token: str, *, algorithms: Collection[str], now: datetime) -> dict[str, Any]:
        """Return the claims of a token that one of the keys has signed. Raises IdentityRefused."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        header = _header_of(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in algorithms or algorithm not in _TYPES:
            raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, "alg")
        if kid is not None and not isinstance(kid, str):
            raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, "kid")
        key = self._key(algorithm, kid, now)
        try:
            return dict(jwt.decode(token, key, algorithms=[algorithm]).claims)
        except (JoseError, ValueError, RecursionError) as error:
            raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, type(error).__name__) from None

    def _key(self, algorithm: str, kid: str | None, now: datetime) -> Any:
        with self._lock:
            since = self._fetched_at
            fresh = since is not None and now - since < OLDEST
            found = self._named(algorithm, kid) if fresh else None
            if found is None and (since is None or not fresh or now - since >= AGAIN):
                self._fetched_at = now  # before: a provider that is away is not asked each time
                self._keys = read_keys(self._fetch())
                found = self._named(algorithm, kid)
        if found is None:
            raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, "no key of that kid")
        return found

    def _named(self, algorithm: str, kid: str | None) -> Any:
        """Return the one key that a token can mean, None for none or several."""
        fitting = [it for it in self._keys if _fits(it, algorithm)]
        if kid is not None:
            fitting = [it for it in fitting if it.get("kid") == kid]
        return fitting[0] if len(fitting) == 1 else None


def read_keys(found: Mapping[str, Any]) -> Sequence[Any]:
    """Return the public keys of a key set that sign; others, and broken ones, are left out.

    Raises IdentityRefused where the document is no key set.
    """
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    given = found.get("keys")
    if not isinstance(given, list) or len(given) > MOST_KEYS:
        raise IdentityRefused(IdentityRefusal.PROVIDER_ANSWER, "no key set")
    kinds: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
    keys = []
    for each in given:
        if not isinstance(each, dict) or each.get("use", "sig") != "sig":
            continue
        kind = kinds.get(str(each.get("kty")))
        if kind is None:
            continue
        try:
            keys.append(kind.import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return keys


def _fits(key: Any, algorithm: str) -> bool:
    if key.key_type != _TYPES[algorithm] or key.get("alg", algorithm) != algorithm:
        return False
    if key.key_type == "RSA":
        return bool(key.public_key.key_size >= _SMALLEST_RSA)
    return bool(key.get("crv") == "P-256")


def _header_of(token: str) -> Mapping[str, Any]:
    from joserfc.errors import JoseError
    from joserfc.jws import extract_compact

    if len(token) > LONGEST_TOKEN:
        raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, "too long")
    try:
        return dict(extract_compact(token.encode()).headers())
    except (JoseError, ValueError, RecursionError) as error:
        raise IdentityRefused(IdentityRefusal.TOKEN_SIGNATURE, type(error).__name__) from None

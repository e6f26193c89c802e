"""Compares what a UsernameToken shows with a secret; pure, in constant time."""

import base64
import hashlib
import hmac

from hub.gateway.soap.ws_security.security_header import UsernameToken


def digest(*, nonce: bytes, created: str, password: str) -> str:
    """Return the PasswordDigest of the profile: base64 of SHA-1 over nonce, time and password.

    The profile has no other hash. It guards a secret of 260 random bits, so nobody can try them.
    """
    made = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(made.digest()).decode()


def matches(token: UsernameToken, password: str) -> bool:
    """Return whether a token was made with a password."""
    made = password
    if token.is_digest:
        made = digest(nonce=token.nonce, created=token.created_text, password=password)
    return hmac.compare_digest(made.encode(), token.password.encode())

"""Finds the client that a UsernameToken or a certificate belongs to, and burns nonces.

A secret is looked up by its prefix or by the client's id. The digest needs the secret itself: only
keys that were derived from the hub's key file can be computed again (`hub clients --ws-password`).
"""

import hashlib
from datetime import datetime

from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.soap.ws_security import freshness, password_digest
from hub.gateway.soap.ws_security.refusal import refused
from hub.gateway.soap.ws_security.security_header import UsernameToken
from hub.rules.clients import api_keys, certificates
from hub.store.clients import secrets, used_nonces
from hub.store.clients.key_file import KeyFile
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store

SHORTEST_NONCE, LONGEST_NONCE = 8, 256
_WHERE = "UsernameToken"


def holder_of_token(
    store: Store, keys: KeyFile | None, token: UsernameToken, *, is_tls: bool, now: datetime
) -> Holder:
    """Return the client of a token and burn its nonce; raises RefusedCall."""
    if not token.is_digest:
        if not is_tls:
            why = "a password as text is taken over TLS only; send #PasswordDigest"
            raise refused("security_unsupported", f"{_WHERE}/Password", why)
        return _holder(store, keys, token, now)
    if token.created is None or not SHORTEST_NONCE <= len(token.nonce) <= LONGEST_NONCE:
        why = f"a digest needs Created and a Nonce of {SHORTEST_NONCE} to {LONGEST_NONCE} bytes"
        raise refused("security_header_invalid", _WHERE, why)
    freshness.check(token.created, None, now=now, where=f"{_WHERE}/Created")
    holder = _holder(store, keys, token, now)
    burn(store, holder, b"nonce " + token.nonce, where=f"{_WHERE}/Nonce", now=now)
    return holder


def holder_of_certificate(
    store: Store, der: bytes, *, trust: CertificateTrust, now: datetime
) -> Holder:
    """Return the client that a certificate is registered for; raises RefusedCall.

    One that is known by its names counts only where a named authority has signed it.
    """
    shown, holder = certificates.read(der), None
    if shown is not None and trust.is_revoked(shown):
        why = "the authority has revoked this certificate"
        raise refused("security_certificate", "BinarySecurityToken", why)
    if shown is not None and shown.not_before <= now < shown.not_after:
        digests = shown.digests(verified=trust.has_signer(der, now=now))
        with store.read() as tx:
            holder = secrets.by_certificate(tx, digests)
    if holder is None or not holder.secret.is_live(now):
        why = "the certificate is not registered for a client, or has expired or is retired"
        raise refused("security_certificate", "BinarySecurityToken", why)
    return holder


def burn(store: Store, holder: Holder, used: bytes, *, where: str, now: datetime) -> None:
    """Remember what may be used once, for all processes; raises RefusedCall when it was used."""
    digest = hashlib.sha256(used).hexdigest()
    until = now + freshness.OLDEST + freshness.AHEAD
    with store.write() as tx:
        fresh = used_nonces.use(tx, holder.client.id, digest, until=until, now=now)
    if not fresh:
        raise refused("security_replayed", where, "this was used before; sign each call anew")


def _holder(store: Store, keys: KeyFile | None, token: UsernameToken, now: datetime) -> Holder:
    with store.read() as tx:
        holders = secrets.keys_of(tx, token.user)
    for holder in holders:
        if holder.secret.is_live(now) and _proves(token, holder, keys):
            return holder
    why = "user or password are wrong, or the secret has expired, is retired or has no digest"
    raise refused("security_failed", _WHERE, why)


def _proves(token: UsernameToken, holder: Holder, keys: KeyFile | None) -> bool:
    secret = holder.secret
    if not token.is_digest:
        key = api_keys.read(token.password)
        return key is not None and api_keys.matches(secret.digest, key)
    derived = keys.derived(secret.prefix) if keys else None
    return (
        derived is not None
        and api_keys.matches(secret.digest, derived)
        and password_digest.matches(token, derived.text)
    )

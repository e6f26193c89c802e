"""Adding a client, giving it a further secret, retiring a secret or the client.

Each act is one transaction with its row in the audit. A secret is returned once, by the act that
makes it, and never kept. Two secrets of a kind may be live together: the client changes over while
the old one still works, and a person retires that when its last use is past.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.operations.signed_by import SignedBy
from hub.rules.clients import api_keys
from hub.rules.clients.api_keys import LIVE_AT_ONCE, ApiKey
from hub.rules.clients.certificates import CertificateBinding, read
from hub.rules.clients.client import Client, checked
from hub.store.clients import registry
from hub.store.clients import secrets as kept
from hub.store.clients.key_file import KeyFile
from hub.store.clients.secrets import KeptSecret
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.schema.tables.clients import CERTIFICATE, KEY
from hub.texts import Explained, both


class NotDone(Explained):
    """The act was refused and nothing changed; `text` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A secret that was just given to a client."""

    kept: KeptSecret
    key: ApiKey | None
    """The key, shown once; None for a certificate, whose secret is the client's own."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate, as far as the hub keeps it."""

    digest: str
    """sha256 of what it is known by, with the binding before it."""
    not_after: datetime


def certificate_of(
    der: bytes, *, binding: CertificateBinding = CertificateBinding.PUBLIC_KEY
) -> Certificate:
    """Return what is kept of a certificate in its DER form. Raises NotDone for none."""
    found = read(der)
    if found is None:
        raise NotDone(both("clients.not_a_certificate"))
    return Certificate(found.digest(binding), found.not_after)


def add(
    store: Store,
    client: Client,
    *,
    lasts: timedelta,
    certificate: Certificate | None = None,
    ws_keys: KeyFile | None = None,
    by: SignedBy,
) -> Issued:
    """Add a client with its first secret: a key, or the certificate.

    `ws_keys`: the key is derived from there, and is a password of WS-Security, too. Raises
    NotAClient and NotDone.
    """
    client = checked(client)
    with store.write() as tx:
        if not registry.add(tx, client, now=by["now"]):
            raise NotDone(both("clients.id_taken", client=client.id))
        issued = _issue(tx, client.id, lasts, certificate or _maker(ws_keys), by["now"])
        audit.record(tx, action="clients.add", object=f"{client.id} {issued.kept.prefix}", **by)
    return issued


def rotate(
    store: Store,
    id: str,
    *,
    lasts: timedelta,
    certificate: Certificate | None = None,
    ws_keys: KeyFile | None = None,
    by: SignedBy,
) -> Issued:
    """Give a client a further secret, as `add` does; those that it has go on working.

    Raises NotDone.
    """
    kind = CERTIFICATE if certificate else KEY
    with store.write() as tx:
        require_active(tx, id)
        live = [
            secret
            for secret in kept.of_client(tx, id)
            if secret.kind == kind and secret.is_live(by["now"])
        ]
        if len(live) >= LIVE_AT_ONCE:
            prefix = live[0].prefix
            raise NotDone(both("clients.two_live", client=id, count=len(live), prefix=prefix))
        issued = _issue(tx, id, lasts, certificate or _maker(ws_keys), by["now"])
        audit.record(tx, action="clients.rotate", object=f"{id} {issued.kept.prefix}", **by)
    return issued


def retire(store: Store, id: str, *, prefix: str = "", by: SignedBy) -> None:
    """Retire one secret of a client, or with no prefix the client itself. Raises NotDone."""
    with store.write() as tx:
        require_active(tx, id)
        if prefix and not kept.retire(tx, id, prefix, now=by["now"]):
            raise NotDone(both("clients.no_such_secret", client=id, prefix=prefix))
        if not prefix:
            registry.retire(tx, id, now=by["now"])
        audit.record(tx, action="clients.retire", object=f"{id} {prefix}".strip(), **by)


def _maker(ws_keys: KeyFile | None) -> Callable[[], ApiKey]:
    if ws_keys is None:
        return api_keys.fresh

    def derive() -> ApiKey:
        key = ws_keys.derived(api_keys.fresh_prefix())
        if key is None:
            raise NotDone(both("clients.ws_key_unusable", file=str(ws_keys.place)))
        return key

    return derive


def require_active(tx: Tx, id: str) -> Client:
    """Return a client that is not retired, locked until the transaction ends. Raises NotDone."""
    known = registry.locked(tx, id)
    if known is None:
        raise NotDone(both("clients.unknown", client=repr(id)))
    if known.retired:
        raise NotDone(both("clients.is_retired", client=id))
    return known.client


def _issue(
    tx: Tx,
    id: str,
    lasts: timedelta,
    made: Certificate | Callable[[], ApiKey],
    now: datetime,
) -> Issued:
    if isinstance(made, Certificate):
        certificate = made
        if certificate.not_after <= now:
            raise NotDone(both("clients.certificate_expired"))
        secret = KeptSecret(
            prefix=certificate.digest.rpartition(":")[2][: api_keys.PREFIX_LENGTH],
            client=id,
            kind=CERTIFICATE,
            digest=certificate.digest,
            made_at=now,
            expires_at=now + lasts,
            certificate_ends_at=certificate.not_after,
        )
        if not kept.add(tx, secret):
            raise NotDone(both("clients.certificate_known"))
        return Issued(secret, None)
    while True:
        key = made()
        secret = KeptSecret(
            prefix=key.prefix,
            client=id,
            kind=KEY,
            digest=key.digest,
            made_at=now,
            expires_at=now + lasts,
        )
        if kept.add(tx, secret):  # a prefix that is taken is drawn again
            return Issued(secret, key)

"""Clients of a gateway under test."""

import ssl
from datetime import datetime, timedelta

from hub.operations.clients import issuing
from hub.rules.clients.api_keys import ApiKey
from hub.rules.clients.certificates import CertificateBinding
from hub.rules.clients.client import ANY, Client
from hub.store.clients.key_file import KeyFile
from hub.store.clients.secrets import KeptSecret
from hub.store.engine.store import Store
from tests.support.network.certificates import Pair

REASON = "a test"


def add_client(
    store: Store,
    id: str = "province-portal",
    *,
    operations: frozenset[str] = frozenset({ANY}),
    agencies: frozenset[str] = frozenset({ANY}),
    addresses: tuple[str, ...] = (),
    calls_per_minute: int = 0,
    calls_at_once: int = 0,
    must_sign: bool = False,
    lasts: timedelta = timedelta(days=365),
    ws_keys: KeyFile | None = None,
    now: datetime,
) -> ApiKey:
    """Add a client; return its key."""
    client = Client(
        id=id,
        operations=operations,
        agencies=agencies,
        addresses=addresses,
        calls_per_minute=calls_per_minute,
        calls_at_once=calls_at_once,
        must_sign=must_sign,
    )
    issued = issuing.add(
        store,
        client,
        lasts=lasts,
        ws_keys=ws_keys,
        by={"actor": "Trần Thị Bình", "reason": REASON, "now": now},
    )
    assert issued.key is not None
    return issued.key


def add_certificate_client(
    store: Store,
    pair: Pair,
    id: str = "by-certificate",
    *,
    binding: CertificateBinding = CertificateBinding.PUBLIC_KEY,
    must_sign: bool = False,
    signed_replies: bool = False,
    now: datetime,
) -> KeptSecret:
    """Add a client that proves itself with a certificate; return what is kept of it."""
    der = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
    return issuing.add(
        store,
        Client(
            id=id,
            operations=frozenset({ANY}),
            agencies=frozenset({ANY}),
            must_sign=must_sign,
            signed_replies=signed_replies,
        ),
        lasts=timedelta(days=365),
        certificate=issuing.certificate_of(der, binding=binding),
        by={"actor": "Trần Thị Bình", "reason": REASON, "now": now},
    ).kept

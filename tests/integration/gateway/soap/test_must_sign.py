"""Clients that must sign: each of their calls is signed, whatever else proves who calls."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3
from lxml import etree

from hub.operations.clients import changing, issuing
from hub.rules.clients.api_keys import ApiKey
from hub.rules.clients.client import RightsChange
from hub.store.clients.key_file import KeyFile
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway, basic, bearer
from tests.support.gateway.clients import add_client
from tests.support.gateway.partner_gateway import PartnerGateway
from tests.support.gateway.signed_calls import (
    envelope,
    made,
    outcome,
    post,
    security,
    signed,
    signed_by,
    status_call,
)
from tests.support.network.certificates import Authority, Pair
from tests.support.ward import NUMBER
from tests.support.works import now

CALL = envelope(status_call())
SIGNER = "signer"
REFUSED = (403, "signature_required")


@pytest.fixture(scope="module")
def key(gateway: PartnerGateway, directory: Path) -> ApiKey:
    """The key of the client `signer`, also its password of WS-Security."""
    keys: KeyFile = made(directory / "ws.key")
    return add_client(gateway.ward.store, SIGNER, must_sign=True, ws_keys=keys, now=now())


@pytest.fixture(scope="module")
def pair(gateway: PartnerGateway, directory: Path, key: ApiKey) -> Pair:
    """The certificate of the same client."""
    pair = Authority(directory).pair(SIGNER)
    certificate = issuing.certificate_of(pair.der)
    lasts = timedelta(days=1)
    del key
    by = signed_by()
    issuing.rotate(gateway.ward.store, SIGNER, lasts=lasts, certificate=certificate, by=by)
    return pair


def test_a_signed_call_is_taken(gateway: PartnerGateway, pair: Pair, key: ApiKey) -> None:
    """By its signature alone, with the client's token beside it, with its login beside it."""
    assert outcome(post(gateway.url, etree.tostring(signed(pair)))) == (200, "")
    beside = post(gateway.url, etree.tostring(signed(pair)), **bearer(key.text))
    assert outcome(beside) == (200, "")
    login = security(pair=pair, user=SIGNER, password=key.text).secure(CALL)
    assert outcome(post(gateway.url, login)) == (200, "")


@pytest.mark.usefixtures("pair")
def test_an_unsigned_call_by_soap_is_refused(gateway: PartnerGateway, key: ApiKey) -> None:
    """With its key as token and as login, with a UsernameToken, and with both."""
    for headers in (bearer(key.text), basic(SIGNER, key.text)):
        assert outcome(post(gateway.url, CALL, **headers)) == REFUSED
    login = security(user=SIGNER, password=key.text).secure(CALL)
    assert outcome(post(gateway.url, login)) == REFUSED
    assert outcome(post(gateway.url, login, **bearer(key.text))) == REFUSED


@pytest.mark.usefixtures("pair")
def test_rest_and_oauth_are_refused(gateway: PartnerGateway, key: ApiKey) -> None:
    """Nothing there can be signed; a token of before the duty opens nothing, either."""
    for method, path in (
        ("GET", f"/v1/dossiers/{NUMBER}"),
        ("GET", "/v1/changes"),
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/dossiers"),
        ("POST", "/v1/files"),
        ("POST", "/v1/uploads"),
        ("POST", "/messages"),
    ):
        reply = urllib3.request(method, gateway.url + path, headers=bearer(key.text), retries=False)
        told = json.loads(reply.data)
        assert (reply.status, told.get("detail", told)["code"]) == REFUSED, path
    for path, form in (
        ("/oauth2/token", "grant_type=client_credentials"),
        ("/oauth2/introspect", "token=hubt_x"),
        ("/oauth2/revoke", "token=hubt_x"),
    ):
        headers = basic(SIGNER, key.text) | {"Content-Type": "application/x-www-form-urlencoded"}
        reply = urllib3.request(
            "POST", gateway.url + path, body=form, headers=headers, retries=False
        )
        told = json.loads(reply.data)
        assert (reply.status, told["error"]) == (400, "unauthorized_client"), path
        assert told["code"] == "signature_required"


@pytest.mark.usefixtures("pair")
def test_an_unsigned_call_of_a_client_that_must_sign_is_in_the_audit(
    gateway: PartnerGateway, key: ApiKey
) -> None:
    """Under its name: somebody has its key, and not its certificate."""
    assert outcome(post(gateway.url, CALL, **bearer(key.text))) == REFUSED
    login = security(user=SIGNER, password=key.text).secure(CALL)
    assert outcome(post(gateway.url, login)) == REFUSED
    with gateway.ward.store.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT actor, reason FROM audit WHERE action = 'gateway.soap.call' AND NOT allowed"
        ).all()
    named = [(row[0].split()[0], row[1].partition(";")[0]) for row in rows]
    assert set(named) == {(SIGNER, "signature_required")}


@pytest.fixture
def client_gateway(tmp_path: Path, sqlite_store: Store) -> Iterator[Gateway]:
    """A gateway whose clock can be set."""
    made = Gateway(tmp_path, sqlite_store)
    yield made
    made.stop()


def test_the_duty_begins_and_ends_with_a_change(client_gateway: Gateway) -> None:
    """A second later, as every right; a token that was given before opens nothing then."""
    key = add_client(client_gateway.store, "changing", now=now())
    form = {"Content-Type": "application/x-www-form-urlencoded"} | basic("changing", key.text)
    url, grant = f"{client_gateway.url}/oauth2/token", b"grant_type=client_credentials"
    given = urllib3.request("POST", url, body=grant, headers=form)
    token = json.loads(given.data)["access_token"]
    for must_sign, status in ((True, 403), (False, 202)):
        rights = RightsChange(must_sign=must_sign)
        changing.change(client_gateway.store, "changing", rights=rights, by=signed_by())
        client_gateway.ahead += timedelta(seconds=2)  # a process remembers a client for one
        assert [client_gateway.post(bearer(text))[0] for text in (token, key.text)] == [
            status,
            status,
        ]

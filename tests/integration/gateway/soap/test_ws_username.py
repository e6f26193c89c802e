"""WS-Security UsernameToken at the SOAP endpoint: digest, text over TLS, nonces, times."""

import copy
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from lxml import etree

from adapters.wire.ws_security import WSSE
from hub.gateway.clients.proxies import Proxies
from hub.operations.clients import issuing
from hub.rules.clients.api_keys import ApiKey
from hub.store.clients.key_file import KeyFile
from tests.support.gateway.clients import add_client
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import (
    SOAP_11,
    SOAP_12,
    add_by_password,
    envelope,
    outcome,
    post,
    security,
    signed_by,
    status_call,
)
from tests.support.works import now

CALL = envelope(status_call())
PROXY = {"X_Hub_Proxy_Secret": "s", "X_Forwarded_Proto": "https"}
FAILED = (500, "security_failed")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hub of these tests keeps its things."""
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def gateway(directory: Path) -> Iterator[PartnerGateway]:
    """The gateway, behind a proxy that may say that its callers used TLS."""
    with open_partner_gateway(
        directory, proxies=Proxies((ip_network("127.0.0.1"),), "s")
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def key(gateway: PartnerGateway, directory: Path) -> ApiKey:
    """The key of the client `user`, which is its password, too."""
    return add_by_password(gateway.ward.store, directory / "ws.key")


@pytest.fixture(scope="module")
def plain(gateway: PartnerGateway) -> ApiKey:
    """The key of the client `plain`, which was not derived."""
    return add_client(gateway.ward.store, "plain", now=now())


@pytest.mark.parametrize("version", [SOAP_11, SOAP_12])
def test_a_digest_proves_the_client(gateway: PartnerGateway, key: ApiKey, version: str) -> None:
    """By its id and by its key's prefix; the audit has its name."""
    for user in ("user", key.prefix):
        secured = security(user=user, password=key.text)
        body = secured.secure(envelope(status_call(), version=version))
        assert outcome(post(gateway.url, body, version=version)) == (200, "")
    query = "SELECT actor FROM audit WHERE action = 'gateway.dossiers.set_status'"
    with gateway.ward.store.read() as tx:
        assert set(tx.exec_driver_sql(query).scalars()) == {"user"}


def test_a_used_nonce_is_refused(gateway: PartnerGateway, key: ApiKey) -> None:
    """The fault is that of WS-Security."""
    body = security(user="user", password=key.text).secure(CALL)
    assert outcome(post(gateway.url, body)) == (200, "")
    reply = post(gateway.url, body)
    assert outcome(reply) == (500, "security_replayed")
    assert etree.fromstring(reply.data).findtext(".//faultcode") == "wsse:FailedAuthentication"


@pytest.mark.parametrize(
    ("ahead", "code"),
    [
        (timedelta(seconds=50), ""),
        (timedelta(minutes=-4), ""),
        (timedelta(minutes=2), "security_expired"),
        (timedelta(minutes=-6), "security_expired"),
        (timedelta(days=-1), "security_expired"),
        (timedelta(days=365), "security_expired"),
    ],
)
def test_a_call_is_taken_within_its_minutes_only(
    gateway: PartnerGateway, key: ApiKey, ahead: timedelta, code: str
) -> None:
    """Neither too old nor of the future; SOAP 1.2 tells the code of WS-Security as subcode."""
    secured = security(user="user", password=key.text, ahead=ahead)
    body = secured.secure(envelope(status_call(), version=SOAP_12))
    reply = post(gateway.url, body, version=SOAP_12)
    assert outcome(reply) == (400 if code else 200, code)
    if code:
        root = etree.fromstring(reply.data)
        subcode = root.findtext(f".//{{{SOAP_12}}}Subcode/{{{SOAP_12}}}Value")
        assert subcode == "wsse:MessageExpired"
        assert root.nsmap["wsse"] == WSSE


def test_wrong_users_and_passwords_are_refused_alike(
    gateway: PartnerGateway, key: ApiKey, plain: ApiKey
) -> None:
    """An unknown user, another's key, a key that was not derived, a bearer key of another."""
    for user, password in (
        ("nobody", key.text),
        ("user", "secret"),
        ("user", ""),
        ("plain", plain.text),
        ("plain", key.text),
    ):
        body = security(user=user, password=password).secure(CALL)
        assert outcome(post(gateway.url, body)) == FAILED, user


def test_a_retired_key_is_refused_and_its_successor_taken(
    gateway: PartnerGateway, directory: Path
) -> None:
    """Two live keys are both passwords."""
    by = signed_by()
    keys = KeyFile(directory / "ws.key")
    first = add_by_password(gateway.ward.store, keys.place, "rotating")
    second = issuing.rotate(
        gateway.ward.store, "rotating", lasts=timedelta(days=9), ws_keys=keys, by=by
    ).key
    assert second is not None
    for one in (first, second):
        body = security(user="rotating", password=one.text).secure(CALL)
        assert outcome(post(gateway.url, body)) == (200, "")
    issuing.retire(gateway.ward.store, "rotating", prefix=first.prefix, by=by)
    body = security(user="rotating", password=first.text).secure(CALL)
    assert outcome(post(gateway.url, body)) == FAILED


def test_without_the_key_file_no_digest_is_right(
    gateway: PartnerGateway, key: ApiKey, directory: Path
) -> None:
    """A database alone opens nothing; the key goes on working as a token, and the file is read
    anew.
    """
    place = directory / "ws.key"
    kept = place.read_bytes()
    place.write_bytes(b"another key file, long enough for use")
    body = security(user="user", password=key.text).secure(CALL)
    assert outcome(post(gateway.url, body)) == FAILED
    assert outcome(post(gateway.url, CALL, Authorization=f"Bearer {key.text}")) == (200, "")
    place.write_bytes(kept)
    body = security(user="user", password=key.text).secure(CALL)
    assert outcome(post(gateway.url, body)) == (200, "")


def test_a_password_as_text_is_taken_over_tls_only(gateway: PartnerGateway, plain: ApiKey) -> None:
    """Any live key is such a password."""
    secured = security(user="plain", password=plain.text, as_text=True)
    assert outcome(post(gateway.url, secured.secure(CALL))) == (500, "security_unsupported")
    assert outcome(post(gateway.url, secured.secure(CALL), **PROXY)) == (200, "")
    wrong = security(user="plain", password=plain.text[:-2], as_text=True)
    assert outcome(post(gateway.url, wrong.secure(CALL), **PROXY)) == FAILED


def test_proofs_of_two_clients_are_refused(gateway: PartnerGateway, key: ApiKey) -> None:
    """A token in the header of HTTP is the caller's; the message may not name another."""
    body = security(user="user", password=key.text).secure(CALL)
    assert outcome(post(gateway.url, body, Authorization=f"Bearer {gateway.key}")) == FAILED
    body = security(user="user", password=key.text).secure(CALL)
    assert outcome(post(gateway.url, body, Authorization=f"Bearer {key.text}")) == (200, "")


def test_a_stranger_is_told_nothing_but_that(gateway: PartnerGateway) -> None:
    """No proof, a broken envelope, none at all, a Timestamp alone: 401, and nothing is stored."""
    timestamp = security().secure(CALL)
    strange = (CALL, b"<a", b"", envelope("<a>" * 40), envelope("")[:-12], timestamp)
    for body in strange:
        assert outcome(post(gateway.url, body)) == (401, "token"), body
    assert not list(gateway.ward.files.directory.rglob("*"))


def test_the_header_for_another_role_is_not_ours(gateway: PartnerGateway, key: ApiKey) -> None:
    """It proves nothing."""
    root = etree.fromstring(security(user="user", password=key.text).secure(CALL))
    found = root.find(f".//{{{WSSE}}}Security")
    assert found is not None
    found.set(f"{{{SOAP_11}}}actor", "urn:another")
    assert outcome(post(gateway.url, etree.tostring(root))) == (401, "token")


Change = Callable[[etree._Element], None]


def named(root: etree._Element, name: str) -> etree._Element:
    """Return the first element of a local name."""
    return next(one for one in root.iter() if etree.QName(one).localname == name)


def parent_of(element: etree._Element) -> etree._Element:
    """Return the parent of an element that has one."""
    found = element.getparent()
    assert found is not None
    return found


def twice(name: str) -> Change:
    """Return what doubles an element."""

    def change(root: etree._Element) -> None:
        found = named(root, name)
        parent_of(found).append(copy.deepcopy(found))

    return change


def without(name: str) -> Change:
    """Return what takes an element out."""

    def change(root: etree._Element) -> None:
        found = named(root, name)
        parent_of(found).remove(found)

    return change


def with_text(name: str, text: str, *, within: str) -> Change:
    """Return what changes the text of an element within another."""

    def change(root: etree._Element) -> None:
        named(named(root, within), name).text = text

    return change


def renamed(name: str, other: str) -> Change:
    """Return what renames an element."""

    def change(root: etree._Element) -> None:
        named(root, name).tag = f"{{{WSSE}}}{other}"

    return change


WRONG = {
    "two Security": (twice("Security"), "security_header_invalid"),
    "two UsernameToken": (twice("UsernameToken"), "security_header_invalid"),
    "two Username": (twice("Username"), "security_header_invalid"),
    "two Password": (twice("Password"), "security_header_invalid"),
    "two Nonce": (twice("Nonce"), "security_header_invalid"),
    "two Created": (twice("Created"), "security_header_invalid"),
    "two Timestamp": (twice("Timestamp"), "security_header_invalid"),
    "no Nonce": (without("Nonce"), "security_header_invalid"),
    "a short nonce": (
        with_text("Nonce", "c2hvcnQ=", within="UsernameToken"),
        "security_header_invalid",
    ),
    "a nonce that is no base64": (
        with_text("Nonce", "!", within="UsernameToken"),
        "security_header_invalid",
    ),
    "a huge nonce": (
        with_text("Nonce", "A" * 40_000, within="UsernameToken"),
        "security_header_invalid",
    ),
    "a time without zone": (
        with_text("Created", "2026-11-28T10:00:00", within="UsernameToken"),
        "security_header_invalid",
    ),
    "no time": (with_text("Created", "soon", within="Timestamp"), "security_header_invalid"),
    "no such day": (
        with_text("Expires", "2026-02-30T10:00:00Z", within="Timestamp"),
        "security_header_invalid",
    ),
    "another token": (renamed("UsernameToken", "EncryptedData"), "security_unsupported"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_doubled_or_unknown_in_the_header_is_refused(
    gateway: PartnerGateway, key: ApiKey, wrong: str
) -> None:
    """Two readers could choose differently."""
    change, code = WRONG[wrong]
    root = etree.fromstring(security(user="user", password=key.text).secure(CALL))
    change(root)
    assert outcome(post(gateway.url, etree.tostring(root))) == (500, code)

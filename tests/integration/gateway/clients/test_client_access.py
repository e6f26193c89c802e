"""Clients at the gateway over real HTTP: let in by key, held to their rights, refused plainly."""

import base64
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from hub.operations.clients import issuing
from hub.operations.signed_by import SignedBy
from hub.rules.clients import api_keys
from hub.rules.clients.certificates import CertificateBinding
from hub.runtime.clock import utc_now
from tests.support.gateway.client_gateway import PROXY_SECRET, Gateway, basic, bearer
from tests.support.gateway.clients import add_certificate_client, add_client
from tests.support.network.certificates import Authority, Pair


def test_a_client_is_let_in_by_its_key_in_either_form(gateway: Gateway) -> None:
    """Bearer, or as the password of its own name: what any HTTP stack can do."""
    key = add_client(gateway.store, now=utc_now())
    assert gateway.post(bearer(key.text))[0] == 202
    assert gateway.post(basic("province-portal", key.text))[0] == 202
    assert gateway.post(basic("another", key.text))[0] == 401
    allowed = [row for row in gateway.audited() if row[2]]
    assert [(row[0], row[1]) for row in allowed] == [
        ("province-portal", "gateway.messages.accept")
    ] * 2
    assert all(key.prefix in row[3] and key.secret not in str(row) for row in allowed)


@pytest.mark.parametrize("change", ["secret", "prefix", "form", "twice", "none"])
def test_a_wrong_key_is_refused_without_a_hint(gateway: Gateway, change: str) -> None:
    """Every wrong key gets the same answer, and none of it stands in the audit."""
    key, other = add_client(gateway.store, now=utc_now()), api_keys.fresh()
    headers = {
        "secret": bearer(api_keys.ApiKey(key.prefix, other.secret).text),
        "prefix": bearer(other.text),
        "form": bearer(key.text[:-1]),
        "twice": bearer(f"{key.text}, Bearer {key.text}"),
        "none": {},
    }[change]
    status, answer, reply = gateway.post(headers)
    assert (status, answer["code"]) == (401, "token")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    rows = gateway.audited()
    assert [row[2] for row in rows] == [False]
    assert key.secret not in str(rows)


def test_rights_are_held_to_and_each_refusal_names_its_code(gateway: Gateway) -> None:
    """Operation and address; the refusals are in the audit under the client's name."""
    may_read = add_client(
        gateway.store, "reader", operations=frozenset({"files.fetch"}), now=utc_now()
    )
    elsewhere = add_client(gateway.store, "elsewhere", addresses=("192.0.2.0/24",), now=utc_now())
    status, answer, _ = gateway.post(bearer(may_read.text))
    assert (status, answer["code"]) == (403, "operation_forbidden")
    status, answer, _ = gateway.post(bearer(elsewhere.text))
    assert (status, answer["code"]) == (403, "address_forbidden")
    assert answer["message"] != answer["why"]
    assert [(row[0].split()[0], row[3]) for row in gateway.audited()] == [
        ("reader", "operation_forbidden"),
        ("elsewhere", "address_forbidden"),
    ]


def test_a_client_over_its_quota_is_told_when_to_come_back(gateway: Gateway) -> None:
    """429 with Retry-After; others are served; the count is in the audit."""
    busy = add_client(gateway.store, "busy", calls_per_minute=2, now=utc_now())
    other = add_client(gateway.store, "other", now=utc_now())
    assert [gateway.post(bearer(busy.text))[0] for _ in range(4)] == [202, 202, 429, 429]
    status, answer, reply = gateway.post(bearer(busy.text))
    assert (status, answer["code"]) == (429, "calls_exhausted")
    assert 1 <= int(reply.headers["Retry-After"]) <= 61
    assert gateway.post(bearer(other.text))[0] == 202
    refused = [row[3] for row in gateway.audited() if not row[2]]
    assert refused[0] == "calls_exhausted"
    assert refused[1].startswith("calls_exhausted; 2 more since")


def test_a_client_has_only_so_many_calls_at_once(gateway: Gateway) -> None:
    """429 with Retry-After while its other calls are worked on; others are served meanwhile."""
    busy = add_client(gateway.store, "busy", calls_at_once=2, now=utc_now())
    other = add_client(gateway.store, "other", now=utc_now())
    slow = [slow_upload(gateway, busy) for _ in range(2)]
    try:
        status, answer, reply = gateway.post(bearer(busy.text))
        assert (status, answer["code"]) == (429, "calls_at_once")
        assert reply.headers["Retry-After"] == "1"
        assert gateway.post(bearer(other.text))[0] == 202
        slow[0].sendall(b"x")
        assert slow[0].recv(100).startswith(b"HTTP/1.1 201")
        assert [gateway.post(bearer(busy.text))[0] for _ in range(3)] == [202] * 3
        slow[1].close()  # a caller that goes away counts no longer, either
    finally:
        for line in slow:
            line.close()
    assert "calls_at_once" in [row[3] for row in gateway.audited() if not row[2]]


def slow_upload(gateway: Gateway, key: api_keys.ApiKey) -> socket.socket:
    """Begin to store a file of one byte, up to that byte; return when the call is let in."""
    line = socket.create_connection(("127.0.0.1", gateway.web.port), timeout=20)
    head = f"PUT /files HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key.text}\r\n"
    head += "Content-Type: text/plain\r\nX-Name: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n"
    line.sendall(f"{head}\r\n".encode())
    assert line.recv(100).startswith(b"HTTP/1.1 100")  # the body is asked for behind the check
    return line


def test_both_secrets_work_until_the_old_one_is_retired(gateway: Gateway) -> None:
    """A day of a client: add, call, rotate, call with both, retire, denied."""
    first = add_client(gateway.store, now=utc_now())
    by: SignedBy = {"actor": "Trần Thị Bình", "reason": "a test", "now": utc_now()}
    second = issuing.rotate(gateway.store, "province-portal", lasts=timedelta(days=1), by=by).key
    assert second is not None
    assert [gateway.post(bearer(key.text))[0] for key in (first, second)] == [202, 202]
    issuing.retire(gateway.store, "province-portal", prefix=first.prefix, by=by)
    gateway.ahead = timedelta(seconds=2)  # a process remembers a client for one
    assert gateway.post(bearer(first.text))[0] == 401
    assert gateway.post(bearer(second.text))[0] == 202


def test_an_expired_key_opens_nothing(gateway: Gateway) -> None:
    """Also when nobody retired it."""
    key = add_client(gateway.store, lasts=timedelta(seconds=-1), now=utc_now())
    assert gateway.post(bearer(key.text))[0] == 401


def test_calls_with_the_intake_token_are_counted_in_the_audit(gateway: Gateway) -> None:
    """One row a minute: devices are many, and each message has its row in the journal."""
    for _ in range(3):
        assert gateway.post(bearer("in-token"))[0] == 202
    ((actor, action, allowed, reason),) = gateway.audited()
    assert (actor, action, allowed) == ("intake-token", "gateway.messages.accept", True)
    assert reason.startswith("3 calls since")


def test_only_a_proven_proxy_says_where_a_caller_is(gateway: Gateway) -> None:
    """X-Forwarded-For of anybody else means nothing."""
    key = add_client(gateway.store, addresses=("192.0.2.7",), now=utc_now())
    forwarded = bearer(key.text) | {"X-Forwarded-For": "198.51.100.1, 192.0.2.7"}
    assert gateway.post(forwarded)[0] == 403
    wrong = forwarded | {"X-Hub-Proxy-Secret": "guessed"}
    assert gateway.post(wrong)[0] == 403
    proven = forwarded | {"X-Hub-Proxy-Secret": PROXY_SECRET}
    assert gateway.post(proven)[0] == 202
    spoofed = proven | {"X-Forwarded-For": "192.0.2.7, 198.51.100.1"}
    assert gateway.post(spoofed)[0] == 403


@pytest.mark.parametrize("form", ["client-cert", "x-client-cert"])
def test_a_certificate_from_a_proven_proxy_is_the_client(
    gateway: Gateway, tmp_path: Path, form: str
) -> None:
    """By its public key, in the form of RFC 9440 and in that of nginx; from nobody else."""
    pair = Authority(tmp_path).pair("portal")
    add_certificate_client(gateway.store, pair, now=utc_now())
    value = forwarded(pair, form)
    assert gateway.post({form: value})[0] == 401
    assert gateway.post({form: value, "X-Hub-Proxy-Secret": PROXY_SECRET})[0] == 202
    assert gateway.post({form: ":AAAA:", "X-Hub-Proxy-Secret": PROXY_SECRET})[0] == 401
    assert gateway.post({form: "%%%", "X-Hub-Proxy-Secret": PROXY_SECRET})[0] == 401


def test_names_of_a_certificate_count_only_where_the_proxy_has_verified_it(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Anybody can make a certificate of these names; its signature makes the difference."""
    given, forged = (Authority(tmp_path / place).pair("portal") for place in ("a", "b"))
    binding = CertificateBinding.NAMES
    add_certificate_client(gateway.store, given, binding=binding, now=utc_now())
    for pair in (given, forged):
        headers = {"X-Hub-Proxy-Secret": PROXY_SECRET, "Client-Cert": forwarded(pair)}
        assert gateway.post(headers)[0] == 401
        assert gateway.post(headers | {"X-Client-Verify": "FAILED:unable to verify"})[0] == 401
    assert gateway.post(headers | {"X-Client-Verify": "SUCCESS"})[0] == 202


@pytest.mark.parametrize("ends", [timedelta(days=-1), timedelta(days=9)])
def test_a_certificate_outside_its_time_opens_nothing(
    gateway: Gateway, tmp_path: Path, ends: timedelta
) -> None:
    """A proxy that verifies nothing hands on one that is over; the hub's clock decides."""
    pair = Authority(tmp_path).pair("portal", ends=ends)
    add_certificate_client(gateway.store, pair, now=utc_now() - timedelta(days=2))
    gateway.ahead = -timedelta(days=10) if ends > timedelta() else timedelta()
    headers = {"X-Hub-Proxy-Secret": PROXY_SECRET, "Client-Cert": forwarded(pair)}
    assert gateway.post(headers)[0] == 401


def forwarded(pair: Pair, form: str = "client-cert") -> str:
    """Return a certificate as a proxy hands it on."""
    pem = pair.certificate.read_text()
    if form == "x-client-cert":
        return quote(pem)
    return f":{base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()}:"

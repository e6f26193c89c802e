"""Requests that show more than one proof, or one in a form that two programs read differently."""

import base64
import gzip
import logging
import socket
from pathlib import Path

import pytest
import urllib3

from tests.support.gateway.client_gateway import BODY, PROXY_SECRET, Gateway, basic, bearer
from tests.support.gateway.clients import add_certificate_client, add_client
from tests.support.network.certificates import Authority
from tests.support.works import now


def raw(gateway: Gateway, *fields: str) -> bytes:
    """Send a request of these header fields; return the status line and what follows."""
    head = ["POST /messages HTTP/1.1", "Host: hub", "Connection: close", *fields]
    head.append(f"Content-Length: {len(BODY)}")
    with socket.create_connection(("127.0.0.1", gateway.web.port), 20) as line:
        line.sendall(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + BODY)
        found = b""
        while part := line.recv(65536):
            found += part
    return found


def test_a_certificate_and_the_key_of_another_client_prove_neither(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Its own key beside it, or a certificate that nobody registered, does no harm."""
    authority = Authority(tmp_path)
    pair, unknown = authority.pair("portal"), authority.pair("unknown")
    add_certificate_client(gateway.store, pair, now=now())
    other = add_client(gateway.store, "other", now=now())

    def shown(der: bytes) -> dict[str, str]:
        value = f":{base64.b64encode(der).decode()}:"
        return {"X-Hub-Proxy-Secret": PROXY_SECRET, "Client-Cert": value}

    form = {"Content-Type": "application/x-www-form-urlencoded"} | basic("other", other.text)
    given = urllib3.request(
        "POST", f"{gateway.url}/oauth2/token", body=b"grant_type=client_credentials", headers=form
    )
    token = given.json()["access_token"]
    for text in (other.text, token):
        assert gateway.post(shown(pair.der) | bearer(text))[0] == 401
        assert gateway.post(shown(unknown.der) | bearer(text))[0] == 202
        assert gateway.post(bearer(text))[0] == 202
    assert gateway.post(shown(pair.der))[0] == 202
    assert gateway.post(shown(pair.der) | basic("other", other.text))[0] == 401
    assert gateway.post(shown(pair.der) | bearer("in-token"))[0] == 202


@pytest.mark.parametrize(
    "form",
    ["Bearer {0}\r\nAuthorization: Bearer {0}", "Bearer\t{0}", "Bearer {0},", "Bearer {1}", "{0}"],
)
def test_a_key_in_another_form_opens_nothing(gateway: Gateway, form: str) -> None:
    """Twice, behind a tab, with a comma, in capitals, without a scheme."""
    key = add_client(gateway.store, now=now()).text
    answer = raw(gateway, "Authorization: " + form.format(key, key.upper()))
    assert answer.startswith(b"HTTP/1.1 401")


def test_fields_with_underscores_are_not_those_of_a_proxy(gateway: Gateway, tmp_path: Path) -> None:
    """Some servers make one of both."""
    pair = Authority(tmp_path).pair("portal")
    add_certificate_client(gateway.store, pair, now=now())
    value = base64.b64encode(pair.der).decode()
    answer = raw(gateway, f"X_Hub_Proxy_Secret: {PROXY_SECRET}", f"Client_Cert: :{value}:")
    assert answer.startswith(b"HTTP/1.1 401")


def test_an_address_with_a_slash_too_many_is_unknown(gateway: Gateway) -> None:
    """A redirect would name `http:`; a caller behind a proxy would send its key in the clear."""
    url = f"{gateway.url}/v1/changes/"
    answer = urllib3.request("GET", url, headers=bearer("x"), redirect=False, retries=False)
    assert (answer.status, "Location" in answer.headers) == (404, False)


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(gateway: Gateway) -> None:
    """Its sender need not wait, nor hold a line."""
    head = "POST /messages HTTP/1.1\r\nHost: hub\r\nContent-Length: 9000000000000000000\r\n"
    with socket.create_connection(("127.0.0.1", gateway.web.port), 20) as line:
        line.sendall(f"{head}Authorization: Bearer in-token\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/messages"), ("PUT", "/files"), ("POST", "/soap"), ("POST", "/v1/dossiers")],
)
def test_a_compressed_body_is_refused_plainly(gateway: Gateway, method: str, path: str) -> None:
    """Rather than read as what it is not; `identity` is none."""
    key = add_client(gateway.store, now=now())
    media = "text/xml" if path == "/soap" else "application/json"
    headers = bearer(key.text) | {"Content-Type": media, "Content-Encoding": "gzip"}
    url, body = gateway.url + path, gzip.compress(BODY)
    answer = urllib3.request(method, url, body=body, headers=headers, retries=False)
    assert (answer.status, b"content_coded" in answer.data) == (415, True)
    if path == "/messages":
        assert gateway.post(bearer(key.text) | {"Content-Encoding": "identity"})[0] == 202


def test_broken_requests_write_no_line_each_into_the_log(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    """The server library would warn of each, without a bound; the hub's own lines have one."""
    with caplog.at_level(logging.DEBUG):
        for fields in (["Broken"], ["Upgrade: websocket", "Connection: Upgrade"]):
            raw(gateway, *fields)
    assert [it for it in caplog.records if it.name.startswith("uvicorn")] == []

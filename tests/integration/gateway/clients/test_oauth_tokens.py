"""OAuth 2.0 at the gateway: an OAuth client in which nobody here has a part gets tokens and calls.

Form of requests and answers as in RFC 6749 (4.4, 5.2), RFC 7009 and RFC 8414.
"""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from hub.gateway.oauth.routes import INTROSPECT, METADATA, REVOKE, TOKEN
from hub.operations.clients import issuing
from hub.operations.signed_by import SignedBy
from hub.rules.clients.access_tokens import LIFETIME
from hub.runtime.clock import utc_now
from tests.support.gateway.client_gateway import BODY, Gateway, basic, bearer
from tests.support.gateway.clients import add_client

CLIENT = "province-portal"
FORM = "application/x-www-form-urlencoded"


def session(gateway: Gateway, key: str, *, way: str = "client_secret_basic") -> Any:
    """Return a session of the foreign client, without a token yet."""
    return OAuth2Session(
        CLIENT,
        key,
        token_endpoint=gateway.url + TOKEN,
        grant_type="client_credentials",
        token_endpoint_auth_method=way,
        revocation_endpoint_auth_method=way,
    )


def ask(
    gateway: Gateway,
    fields: dict[str, str] | str,
    *,
    path: str = TOKEN,
    media: str = FORM,
    **more: str,
) -> tuple[int, dict[str, Any], urllib3.BaseHTTPResponse]:
    """Send a form by hand; return status, answer and response."""
    body = fields if isinstance(fields, str) else urlencode(fields)
    reply = urllib3.request(
        "POST",
        gateway.url + path,
        body=body.encode(),
        headers={"Content-Type": media} | more,
        retries=False,
    )
    return reply.status, json.loads(reply.data or b"{}"), reply


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_a_foreign_client_gets_a_token_and_calls_with_it(gateway: Gateway, way: str) -> None:
    """The key travels once; the token's calls are the client's, by way of its key."""
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text, way=way) as client:
        token = client.fetch_token()
        assert token["token_type"] == "Bearer"
        assert token["expires_in"] == LIFETIME.total_seconds()
        for _ in range(2):
            assert client.post(f"{gateway.url}/messages", data=BODY).status_code == 202
    rows = gateway.audited()
    assert [row[1] for row in rows] == [
        "gateway.tokens.issue",
        "gateway.messages.accept",
        "gateway.messages.accept",
    ]
    assert all(row[0] == CLIENT and row[2] for row in rows)
    assert rows[1][3].startswith(f"token of key {key.prefix}")
    assert token["access_token"] not in str(rows)


def test_the_metadata_names_what_there_is(gateway: Gateway) -> None:
    """RFC 8414: a client needs the hub's address and nothing else."""
    found = json.loads(urllib3.request("GET", gateway.url + METADATA).data)
    assert found["issuer"] == gateway.url
    assert found["token_endpoint"] == gateway.url + TOKEN
    metadata = AuthorizationServerMetadata(found)
    metadata.validate_grant_types_supported()
    metadata.validate_token_endpoint_auth_methods_supported()
    metadata.validate_scopes_supported()
    metadata.validate_response_types_supported()
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text) as client:
        assert client.fetch_token(found["token_endpoint"])["access_token"]


def test_a_token_of_a_scope_opens_nothing_else(gateway: Gateway) -> None:
    """A program that only fetches files need not be able to hand dossiers in."""
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text) as client:
        assert client.fetch_token(scope="files.fetch")["scope"] == "files.fetch"
        refused = client.post(f"{gateway.url}/messages", data=BODY)
        assert (refused.status_code, refused.json()["detail"]["code"]) == (
            403,
            "operation_forbidden",
        )
        with pytest.raises(OAuthError, match="invalid_scope"):
            client.fetch_token(scope="nothing.known")


def test_a_token_ends_by_time_by_revocation_and_with_its_key(gateway: Gateway) -> None:
    """Each token for itself; a retired key takes all of its tokens along."""
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text) as client:
        first, second = (client.fetch_token()["access_token"] for _ in range(2))
        assert gateway.post(bearer(first))[0] == 202
        answer = client.revoke_token(gateway.url + REVOKE, token=first)
        assert (answer.status_code, answer.content) == (200, b"")
        assert client.revoke_token(gateway.url + REVOKE, token=first).status_code == 200
        assert gateway.post(bearer(first))[0] == 401
        assert gateway.post(bearer(second))[0] == 202
        gateway.ahead = LIFETIME + timedelta(seconds=1)
        assert gateway.post(bearer(second))[0] == 401
        third = client.fetch_token()["access_token"]
    assert gateway.post(bearer(third))[0] == 202
    by: SignedBy = {"actor": "Trần Thị Bình", "reason": "a test", "now": utc_now()}
    issuing.retire(gateway.store, CLIENT, prefix=key.prefix, by=by)
    gateway.ahead += timedelta(seconds=2)  # a process remembers a token for one
    assert gateway.post(bearer(third))[0] == 401


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post"])
def test_a_client_is_told_of_its_own_token(gateway: Gateway, way: str) -> None:
    """RFC 7662, by the foreign client: until when, for what; not active when it is revoked."""
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text, way=way) as client:
        token = client.fetch_token(scope="files.fetch")
        about = told_of(gateway, client, token["access_token"])
        assert about.pop("exp") == pytest.approx(token["expires_at"], abs=2)
        assert about == {
            "active": True,
            "client_id": CLIENT,
            "scope": "files.fetch",
            "token_type": "Bearer",
        }
        client.revoke_token(gateway.url + REVOKE, token=token["access_token"])
        assert told_of(gateway, client, token["access_token"]) == {"active": False}
        late = client.fetch_token()["access_token"]
        gateway.ahead = LIFETIME + timedelta(seconds=1)
        assert told_of(gateway, client, late) == {"active": False}
    audited = [(row[0], row[1]) for row in gateway.audited() if row[2]]
    assert audited.count((CLIENT, "gateway.tokens.introspect")) == 3


def test_what_is_not_a_clients_own_token_is_not_active(gateway: Gateway) -> None:
    """Another client's token, a key, nonsense: the same answer; a stranger gets none."""
    key = add_client(gateway.store, now=utc_now())
    other = add_client(gateway.store, "other", now=utc_now())
    with session(gateway, key.text) as client:
        token = client.fetch_token()["access_token"]
    for text in (token, key.text, other.text, "nonsense", "ứng dụng"):
        asked = ask(gateway, {"token": text}, path=INTROSPECT, **basic("other", other.text))
        assert asked[:2] == (200, {"active": False})
    status, answer, _ = ask(gateway, {"token": token}, path=INTROSPECT, **bearer(token))
    assert (status, answer["error"]) == (401, "invalid_client")
    status, answer, _ = ask(gateway, {"token": ""}, path=INTROSPECT, **basic("other", other.text))
    assert (status, answer["error"]) == (400, "invalid_request")


def told_of(gateway: Gateway, client: Any, token: str) -> dict[str, Any]:
    """Return what a client is told of a token."""
    reply = client.introspect_token(gateway.url + INTROSPECT, token=token)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    found: dict[str, Any] = reply.json()
    return found


def test_a_client_cannot_revoke_the_token_of_another(gateway: Gateway) -> None:
    """It is told so; the token goes on."""
    key = add_client(gateway.store, now=utc_now())
    other = add_client(gateway.store, "other", now=utc_now())
    with session(gateway, key.text) as client:
        token = client.fetch_token()["access_token"]
    login = basic("other", other.text)
    status, answer, _ = ask(gateway, {"token": token}, path=REVOKE, **login)
    assert (status, answer["error"]) == (400, "unauthorized_client")
    assert gateway.post(bearer(token))[0] == 202


def test_a_wrong_key_is_refused_and_counted_like_every_other(gateway: Gateway) -> None:
    """401 with the challenge of RFC 6749; the same answer for an unknown client."""
    key = add_client(gateway.store, now=utc_now())
    wrong = key.text[:-1] + ("a" if key.text[-1] != "a" else "b")
    with session(gateway, wrong) as client, pytest.raises(OAuthError, match="invalid_client"):
        client.fetch_token()
    grant = {"grant_type": "client_credentials"}
    for fields, headers in (
        (grant | {"client_id": CLIENT, "client_secret": wrong}, {}),
        (grant | {"client_id": "nobody", "client_secret": key.text}, {}),
        (grant | {"client_id": CLIENT}, {}),
        (grant, basic(CLIENT, "")),
        (grant, {"Authorization": "Basic broken"}),
        (grant, {}),
    ):
        status, answer, reply = ask(gateway, fields, **headers)
        assert (status, answer["error"]) == (401, "invalid_client")
        assert reply.headers["WWW-Authenticate"].startswith("Basic")
        assert reply.headers["Cache-Control"] == "no-store"
    first, counted = gateway.audited()
    assert (first[1], first[2]) == ("gateway.tokens.issue", False)
    assert "6 more since" in counted[3]
    assert key.secret not in str((first, counted))


def test_a_token_or_a_key_as_bearer_buys_no_token(gateway: Gateway) -> None:
    """Else a stolen token would live for ever."""
    key = add_client(gateway.store, now=utc_now())
    with session(gateway, key.text) as client:
        token = client.fetch_token()["access_token"]
    for text in (token, key.text):
        status, answer, _ = ask(gateway, {"grant_type": "client_credentials"}, **bearer(text))
        assert (status, answer["error"]) == (401, "invalid_client")
    assert gateway.post(basic(CLIENT, token))[0] == 401


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials&grant_type=client_credentials", "invalid_request"),
        ("grant_type=client_credentials&client_id=another", "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", "invalid_request"),
        ("grant_type=client_credentials&scope=dossiers.none", "invalid_scope"),
        ("grant_type=%ff", "invalid_request"),
        ("&".join(f"f{n}=1" for n in range(21)), "invalid_request"),
        ("grant_type=client_credentials&x=" + "a" * 9000, "invalid_request"),
    ],
)
def test_a_wrong_form_is_refused_by_its_code(gateway: Gateway, body: str, error: str) -> None:
    """RFC 6749, 5.2: 400, and words that fit into its grammar."""
    key = add_client(gateway.store, now=utc_now())
    status, answer, _ = ask(gateway, body, **basic(CLIENT, key.text))
    assert (status, answer["error"]) == (400, error)
    assert answer["error_description"].isascii()
    assert not set('"\\') & set(answer["error_description"])


def test_what_is_no_form_is_refused(gateway: Gateway) -> None:
    """JSON, which many send by mistake; and only POST."""
    key = add_client(gateway.store, now=utc_now())
    body = json.dumps({"grant_type": "client_credentials"})
    status, answer, _ = ask(gateway, body, media="application/json", **basic(CLIENT, key.text))
    assert (status, answer["error"]) == (400, "invalid_request")
    assert urllib3.request("GET", gateway.url + TOKEN, retries=False).status == 405


def test_a_client_that_may_not_call_now_gets_no_token(gateway: Gateway) -> None:
    """Its address and its calls a minute hold at the token endpoint, too."""
    away = add_client(gateway.store, "away", addresses=("192.0.2.0/24",), now=utc_now())
    busy = add_client(gateway.store, "busy", calls_per_minute=1, now=utc_now())
    grant = {"grant_type": "client_credentials"}
    status, answer, _ = ask(gateway, grant, **basic("away", away.text))
    assert (status, answer["error"], answer["code"]) == (
        400,
        "unauthorized_client",
        "address_forbidden",
    )
    assert ask(gateway, grant, **basic("busy", busy.text))[0] == 200
    status, answer, reply = ask(gateway, grant, **basic("busy", busy.text))
    assert (status, answer["code"]) == (429, "calls_exhausted")
    assert int(reply.headers["Retry-After"]) >= 1

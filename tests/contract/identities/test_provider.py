"""The provider of identities over HTTP: what it signs opens, all else is refused by a code."""

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from adapters.identities.signing_keys import AGAIN
from hub.rules.users.id_tokens import challenge_of
from hub.rules.users.identities import IdentityRefusal, IdentityRefused, Started
from tests.support.partners.identity_provider import CLIENT, SECRET, TestProvider, test_provider

STARTED = Started(state="s" * 52, nonce="n" * 52, verifier="v" * 52)
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def there() -> Iterator[TestProvider]:
    """A provider on this machine."""
    with test_provider() as made:
        yield made


def refusal(act: Callable[[], object]) -> IdentityRefusal:
    """Return why something is refused."""
    with pytest.raises(IdentityRefused) as refused:
        act()
    return refused.value.refusal


def compact(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """Return a token as it is made by hand."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(it).rstrip(b"=").decode() for it in parts)


def test_a_browser_is_sent_with_state_nonce_and_challenge(there: TestProvider) -> None:
    """To the address that the document names, its own query included."""
    address = there.provider(lambda: AT, redirect_uri="https://hub.example/done").address(STARTED)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{there.issuer}/authorize?tenant=1&")
    assert query == {
        "tenant": "1",
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": "https://hub.example/done",
        "scope": "openid",
        "state": STARTED.state,
        "nonce": STARTED.nonce,
        "code_challenge": challenge_of(STARTED.verifier),
        "code_challenge_method": "S256",
    }


@pytest.mark.parametrize("in_body", [False, True])
def test_a_code_is_redeemed_with_verifier_and_secret(there: TestProvider, in_body: bool) -> None:
    """The secret in a header, or in the form of a provider that takes no header."""
    if in_body:
        there.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    there.answers(STARTED.nonce, AT)
    found = there.provider(lambda: AT).redeem("the code", STARTED, now=AT)
    assert (found.issuer, found.subject, found.second_factor) == (there.issuer, "binh@ward", False)
    (form,) = there.forms
    assert (form["code"], form["code_verifier"]) == ("the code", STARTED.verifier)
    basic = base64.b64encode(f"{CLIENT}:a%20secret%20of%20tests".encode()).decode()
    assert form["authorization"] == ("" if in_body else f"Basic {basic}")
    assert form.get("client_secret") == (SECRET if in_body else None)


def test_a_new_key_is_fetched_once_a_minute_at_most(there: TestProvider) -> None:
    """A provider changes its keys when it likes; made-up tokens do not make the hub call it."""
    there.answers(STARTED.nonce, AT)
    hub, at = there.provider(lambda: AT), AT
    hub.redeem("c", STARTED, now=at)
    hub.redeem("c", STARTED, now=at)
    assert there.calls.count("/keys") == 1
    at += AGAIN
    there.key = RSAKey.generate_key(2048, {"kid": "two"})
    there.served = [there.key]
    there.answers(STARTED.nonce, at)
    hub.redeem("c", STARTED, now=at)
    assert there.calls.count("/keys") == 2
    there.key = RSAKey.generate_key(2048, {"kid": "made up"})
    there.answers(STARTED.nonce, at)
    for _ in range(5):
        assert refusal(lambda: hub.redeem("c", STARTED, now=at)) is IdentityRefusal.TOKEN_SIGNATURE
    assert there.calls.count("/keys") == 2
    assert (
        refusal(lambda: hub.redeem("c", STARTED, now=at + AGAIN)) is IdentityRefusal.TOKEN_SIGNATURE
    )
    assert there.calls.count("/keys") == 3


def test_a_key_that_is_away_is_asked_for_again_later(there: TestProvider) -> None:
    """While the provider is away each sign-in says so at once."""
    there.answers(STARTED.nonce, AT)
    hub = there.provider(lambda: AT)
    hub.address(STARTED)
    there.status = 503
    assert refusal(lambda: hub.redeem("c", STARTED, now=AT)) is IdentityRefusal.PROVIDER_AWAY
    there.status = 0
    assert hub.redeem("c", STARTED, now=AT + AGAIN).subject == "binh@ward"


def forged(there: TestProvider) -> dict[str, tuple[str, IdentityRefusal]]:
    """Return tokens that must open nothing, with why."""
    claims = there.claims(STARTED.nonce, AT)
    head = {"alg": "HS256", "kid": "one"}
    signed_part = compact(head, claims).rpartition(".")[0].encode()
    by_public_key = hmac.digest(there.key.as_pem(private=False), signed_part, "sha256")
    stranger = RSAKey.generate_key(2048, {"kid": "one"})
    good = there.signed(claims)
    first, _, signature = good.split(".")
    other = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "an"}).encode()).decode()
    signed_by_stranger = jws.serialize_compact(
        {"alg": "RS256", "kid": "one"}, json.dumps(claims), stranger, algorithms=["RS256"]
    )
    bad = IdentityRefusal.TOKEN_SIGNATURE
    return {
        "alg none": (compact({"alg": "none"}, claims), bad),
        "alg None": (compact({"alg": "None", "kid": "one"}, claims), bad),
        "no alg": (compact({"kid": "one"}, claims), bad),
        "alg a list": (compact({"alg": ["RS256"], "kid": "one"}, claims), bad),
        "HS256 by the public key": (compact(head, claims, by_public_key), bad),
        "another's key, this kid": (signed_by_stranger, bad),
        "key in the header": (
            compact({"alg": "RS256", "kid": "two", "jwk": stranger.as_dict()}, claims),
            bad,
        ),
        "kid a number": (compact({"alg": "RS256", "kid": 1}, claims), bad),
        "unknown kid": (there.signed(claims, kid="nobody"), bad),
        "other claims": (f"{first}.{other.rstrip('=')}.{signature}", bad),
        "no signature": (f"{good.rpartition('.')[0]}.", bad),
        "unknown crit": (
            compact({"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, claims),
            bad,
        ),
        "no token": ("a.b", bad),
        "letters": ("Việt.Nam.!", bad),
        "far too long": ("a" * 20_000, bad),
    }


def of_another(there: TestProvider) -> dict[str, tuple[str, IdentityRefusal]]:
    """Return tokens that the provider signed, but not for this sign-in here and now."""
    claims, hour = there.claims(STARTED.nonce, AT), timedelta(hours=1)
    earlier, later = (there.claims(STARTED.nonce, at) for at in (AT - hour, AT + hour))
    return {
        "aud": (there.signed({**claims, "aud": "other"}), IdentityRefusal.TOKEN_AUDIENCE),
        "iss": (there.signed({**claims, "iss": "https://x.example"}), IdentityRefusal.TOKEN_ISSUER),
        "nonce": (there.signed(there.claims("m" * 52, AT)), IdentityRefusal.TOKEN_NONCE),
        "old": (there.signed(earlier), IdentityRefusal.TOKEN_TIME),
        "early": (there.signed(later), IdentityRefusal.TOKEN_TIME),
        "at_hash": (there.signed({**claims, "at_hash": "x"}), IdentityRefusal.TOKEN_CLAIMS),
    }


def test_no_bad_token_opens_anything(there: TestProvider) -> None:
    """By whom it was signed, for whom, when, and for which sign-in."""
    hub = there.provider(lambda: AT)
    for name, (token, code) in (forged(there) | of_another(there)).items():
        there.token = lambda _form, token=token: {"id_token": token, "access_token": "at"}  # type: ignore[misc]
        assert refusal(lambda: hub.redeem("c", STARTED, now=AT)) is code, name


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_key_that_is_too_small_signs_nothing(there: TestProvider) -> None:
    """Whoever serves it."""
    there.key = RSAKey.generate_key(1024, {"kid": "small"})
    there.served = [there.key]
    there.answers(STARTED.nonce, AT)
    hub = there.provider(lambda: AT)
    assert refusal(lambda: hub.redeem("c", STARTED, now=AT)) is IdentityRefusal.TOKEN_SIGNATURE


def test_an_elliptic_key_signs_with_its_own_algorithm(there: TestProvider) -> None:
    """Where the document names ES256."""
    there.metadata = {"id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256"]}
    there.key = ECKey.generate_key("P-256", {"kid": "ec"})
    there.served = [there.key, RSAKey.generate_key(2048, {"kid": "one"})]
    token = there.signed(there.claims(STARTED.nonce, AT), alg="ES256")
    there.token = lambda _form: {"id_token": token}
    assert there.provider(lambda: AT).redeem("c", STARTED, now=AT).subject == "binh@ward"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": None},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"token_endpoint": "https://user@id.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "https://[bad"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused(
    there: TestProvider, metadata: dict[str, Any]
) -> None:
    """Before a browser is sent anywhere."""
    there.metadata = metadata
    hub = there.provider(lambda: AT)
    assert refusal(lambda: hub.address(STARTED)) is IdentityRefusal.PROVIDER_ANSWER


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"error": "invalid_grant"}, IdentityRefusal.PROVIDER_REFUSED),
        ({"access_token": "at"}, IdentityRefusal.PROVIDER_ANSWER),
        ({"id_token": 7}, IdentityRefusal.PROVIDER_ANSWER),
        ([], IdentityRefusal.PROVIDER_ANSWER),
    ],
)
def test_an_answer_without_a_token_opens_nothing(
    there: TestProvider, answer: Any, code: IdentityRefusal
) -> None:
    """A code that was used before, and everything that is no answer."""
    there.token = lambda _form: answer
    hub = there.provider(lambda: AT)
    assert refusal(lambda: hub.redeem("c", STARTED, now=AT)) is code


def test_a_browser_is_sent_to_sign_out_only_where_both_sides_can(there: TestProvider) -> None:
    """With the token as hint and the way back that is registered; else there is no address."""
    back = "https://hub.example/sign-in"
    assert there.provider(lambda: AT, signed_out_uri=back).sign_out_address("t.o.k") == ""
    there.metadata = {"end_session_endpoint": f"{there.issuer}/end?tenant=1"}
    assert there.provider(lambda: AT).sign_out_address("t.o.k") == ""
    address = there.provider(lambda: AT, signed_out_uri=back).sign_out_address("t.o.k")
    assert address.startswith(f"{there.issuer}/end?tenant=1&")
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    wanted = {"id_token_hint": "t.o.k", "client_id": CLIENT, "post_logout_redirect_uri": back}
    assert query == {"tenant": "1"} | wanted


@pytest.mark.parametrize("place", ["", None, 7, "http://id.example/end", "javascript:alert(1)"])
def test_an_unusable_place_to_sign_out_keeps_nobody_from_signing_in(
    there: TestProvider, place: object
) -> None:
    """No browser is sent there, and an examination says that there is none."""
    there.metadata = {"end_session_endpoint": place}
    hub = there.provider(lambda: AT, signed_out_uri="https://hub.example/sign-in")
    assert hub.address(STARTED).startswith(there.issuer)
    assert hub.sign_out_address("t.o.k") == ""
    assert not hub.examine().signs_out


def test_an_answer_of_another_provider_is_refused(there: TestProvider) -> None:
    """`iss` beside the code, which a provider that says that it sends it must send."""
    hub = there.provider(lambda: AT)
    hub.check_answer_from(None)
    hub.check_answer_from(there.issuer)
    for issuer in ("https://other.example", ""):
        assert refusal(lambda it=issuer: hub.check_answer_from(it)) is IdentityRefusal.TOKEN_ISSUER  # type: ignore[misc]
    there.metadata = {"authorization_response_iss_parameter_supported": True}
    hub = there.provider(lambda: AT)
    assert refusal(lambda: hub.check_answer_from(None)) is IdentityRefusal.TOKEN_ISSUER


def test_a_provider_that_is_not_there_is_away() -> None:
    """Nothing listens; the hub says so and does not wait."""
    with test_provider() as gone:
        hub = gone.provider(lambda: AT)
    assert refusal(lambda: hub.address(STARTED)) is IdentityRefusal.PROVIDER_AWAY

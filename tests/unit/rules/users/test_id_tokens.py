"""The claims of an ID token: each that is wrong proves nothing, and says by its code what is."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.users.id_tokens import (
    OLDEST,
    SKEW,
    challenge_of,
    check_access_token,
    check_claims,
    identity_in,
)
from hub.rules.users.identities import IdentityRefusal, IdentityRefused, ProvenIdentity

ISSUER, CLIENT, NONCE = "https://id.example", "hub", "n" * 52
AT = datetime(2026, 6, 1, 9, tzinfo=UTC)
NOW = int(AT.timestamp())
ONE = timedelta(seconds=1)
GOOD: Mapping[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "exp": NOW + 300,
    "iat": NOW - 1,
    "nonce": NONCE,
    "sub": "binh",
}
_SKEW, _OLDEST = int(SKEW.total_seconds()), int(OLDEST.total_seconds())


def check(claims: Mapping[str, Any], now: datetime = AT) -> None:
    """Check claims as the hub does."""
    check_claims(claims, issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=now)


def without(name: str) -> dict[str, Any]:
    """Return good claims that lack one."""
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"exp": NOW - _SKEW + 1},
        {"iat": NOW + _SKEW},
        {"iat": NOW - _OLDEST - _SKEW},
        {"nbf": NOW + _SKEW},
        {"exp": NOW + 0.5},
    ],
)
def test_what_the_standard_allows_is_taken(more: Mapping[str, Any]) -> None:
    """Also at the very edge of the clocks' difference."""
    check({**GOOD, **more})


BAD: tuple[tuple[dict[str, Any], IdentityRefusal], ...] = (
    (without("iss"), IdentityRefusal.TOKEN_ISSUER),
    ({**GOOD, "iss": f"{ISSUER}/"}, IdentityRefusal.TOKEN_ISSUER),
    ({**GOOD, "iss": [ISSUER]}, IdentityRefusal.TOKEN_ISSUER),
    (without("aud"), IdentityRefusal.TOKEN_AUDIENCE),
    ({**GOOD, "aud": "other"}, IdentityRefusal.TOKEN_AUDIENCE),
    ({**GOOD, "aud": []}, IdentityRefusal.TOKEN_AUDIENCE),
    ({**GOOD, "aud": [CLIENT, "other"]}, IdentityRefusal.TOKEN_AUDIENCE),
    ({**GOOD, "azp": "other"}, IdentityRefusal.TOKEN_AUDIENCE),
    ({**GOOD, "azp": None}, IdentityRefusal.TOKEN_AUDIENCE),
    (without("exp"), IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": NOW - _SKEW}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": str(NOW + 300)}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": True}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": 10**30}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": float("nan")}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "exp": float("inf")}, IdentityRefusal.TOKEN_TIME),
    (without("iat"), IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "iat": NOW + _SKEW + 1}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "iat": NOW - _OLDEST - _SKEW - 1}, IdentityRefusal.TOKEN_TIME),
    ({**GOOD, "nbf": NOW + _SKEW + 1}, IdentityRefusal.TOKEN_TIME),
    (without("nonce"), IdentityRefusal.TOKEN_NONCE),
    ({**GOOD, "nonce": "m" * 52}, IdentityRefusal.TOKEN_NONCE),
    ({**GOOD, "nonce": ""}, IdentityRefusal.TOKEN_NONCE),
    ({**GOOD, "nonce": [NONCE]}, IdentityRefusal.TOKEN_NONCE),
    ({**GOOD, "nonce": "ệ"}, IdentityRefusal.TOKEN_NONCE),
)


@pytest.mark.parametrize(("claims", "code"), BAD)
def test_what_is_wrong_is_refused_by_its_code(
    claims: Mapping[str, Any], code: IdentityRefusal
) -> None:
    """Of another type as well as of another value."""
    with pytest.raises(IdentityRefused) as refused:
        check(claims)
    assert refused.value.refusal is code


@given(
    st.sampled_from(["iss", "aud", "exp", "iat", "nonce"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
        max_leaves=5,
    ),
)
def test_whatever_stands_in_a_claim_is_taken_or_refused(name: str, value: object) -> None:
    """Never another failure; and with another value than the right one mostly refused."""
    try:
        check({**GOOD, name: value})
    except IdentityRefused:
        return
    assert name in ("exp", "iat")


def test_an_access_token_is_the_one_that_the_token_names() -> None:
    """`at_hash` is the left half of its SHA-256; without it nothing is named."""
    half = hashlib.sha256(b"the access token").digest()[:16]
    named = {"at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode()}
    check_access_token({}, "anything")
    check_access_token(named, "the access token")
    for claims, token in ((named, "another"), ({"at_hash": 1}, "the access token")):
        with pytest.raises(IdentityRefused) as refused:
            check_access_token(claims, token)
        assert refused.value.refusal is IdentityRefusal.TOKEN_CLAIMS


def identity(claims: Mapping[str, Any], claim: str = "sub") -> ProvenIdentity:
    """Return the person of claims; `mfa` and `level2` prove a second factor."""
    return identity_in(claims, issuer=ISSUER, claim=claim, second_factors=["mfa", "level2"])


@pytest.mark.parametrize(
    ("more", "proven"),
    [
        ({}, False),
        ({"amr": ["pwd"]}, False),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": "mfa"}, False),
        ({"amr": [["mfa"]]}, False),
        ({"acr": "level2"}, True),
        ({"acr": "level1"}, False),
        ({"acr": ["level2"]}, False),
    ],
)
def test_a_second_factor_is_what_the_settings_accept(more: Mapping[str, Any], proven: bool) -> None:
    """In `amr`, a list, or in `acr`, one word; nothing else."""
    assert identity({**GOOD, **more}).second_factor is proven


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({}, "sub"),
        ({"sub": ""}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": "a" * 256}, "sub"),
        ({"sub": "a\nb"}, "sub"),
        ({"sub": "binh"}, "email"),
        ({"email": "binh@ward.example"}, "email"),
        ({"email": "binh@ward.example", "email_verified": "true"}, "email"),
    ],
)
def test_a_person_without_a_sure_name_is_nobody(claims: Mapping[str, Any], claim: str) -> None:
    """A mail address that nobody has verified could be anybody's."""
    with pytest.raises(IdentityRefused) as refused:
        identity(claims, claim)
    assert refused.value.refusal is IdentityRefusal.TOKEN_CLAIMS


def test_a_verified_mail_address_names_a_person() -> None:
    """Where the settings say that it does."""
    found = identity({"email": "binh@ward.example", "email_verified": True}, "email")
    assert (found.issuer, found.subject) == (ISSUER, "binh@ward.example")


def test_the_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

"""Who may report a step, and where a result file may be pulled from."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.town_center.result_url import UrlRefused, result_target
from adapters.town_center.signature import SignatureRefused, sign, verify

NOW = datetime(2018, 8, 1, 3, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
BODY = '{"ghiChu":"đủ"}'.encode()
BASE = "https://town.example/api"


def check(body: bytes, headers: dict[str, str], *, now: datetime = NOW) -> None:
    verify(body, headers, "shared", now=now, tolerance=FIVE_MINUTES)


def test_a_signed_callback_is_believed_whatever_the_case_of_its_headers() -> None:
    """HTTP header names have no case."""
    headers = {name.title(): value for name, value in sign(BODY, "shared", at=NOW).items()}
    check(BODY, headers)


def test_the_signature_is_this_one() -> None:
    """Another implementation of the contract must come to the same figures."""
    assert sign(b"{}", "secret", at=datetime(2018, 8, 1, tzinfo=UTC)) == {
        "x-town-timestamp": "1533081600",
        "x-town-signature": "sha256="
        "cda140cdf888a703223f5239d5095d40c2209a6385ab90c1e481fd6d2e319a86",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-town-timestamp": "1533092400"},
        {**sign(BODY, "shared", at=NOW), "x-town-timestamp": "1533092401"},
        {**sign(BODY, "shared", at=NOW), "x-town-timestamp": "²"},
        {**sign(BODY, "shared", at=NOW), "x-town-timestamp": "9" * 400},
        {**sign(BODY, "shared", at=NOW), "x-town-signature": "sha256=đ"},
        sign(BODY, "other", at=NOW),
        sign(BODY + b" ", "shared", at=NOW),
    ],
    ids=["none", "no signature", "other time", "no digit", "huge", "no ascii", "secret", "body"],
)
def test_what_is_not_signed_by_the_town_is_refused(headers: dict[str, str]) -> None:
    """Neither a changed body nor a changed time nor another secret gets through."""
    with pytest.raises(SignatureRefused):
        check(BODY, headers)


@pytest.mark.parametrize("off", [timedelta(seconds=301), -timedelta(seconds=301)])
def test_a_callback_from_another_time_is_refused(off: timedelta) -> None:
    """A recorded callback is of no use to anybody later; five minutes of clock error are let be."""
    headers = sign(BODY, "shared", at=NOW)
    with pytest.raises(SignatureRefused, match="off"):
        check(BODY, headers, now=NOW + off)
    check(BODY, headers, now=NOW + off * (299 / 301))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://town.example/api/ket-qua/ab", "/ket-qua/ab"),
        ("https://TOWN.example:443/api/ket-qua/ab?v=1", "/ket-qua/ab?v=1"),
    ],
)
def test_a_file_on_the_towns_own_address_is_pulled(url: str, target: str) -> None:
    """Only path and query are taken from the callback; the host is ours."""
    assert result_target(url, BASE) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://town.example/api/ket-qua/ab",
        "https://town.example:8443/api/ket-qua/ab",
        "https://town.example.evil.example/api/ket-qua/ab",
        "https://town.example@evil.example/api/ket-qua/ab",
        "https://evil.example#@town.example/api/ket-qua/ab",
        "https://evil.example\\@town.example/api/ket-qua/ab",
        "https://127.0.0.1/api/ket-qua/ab",
        "https://[::1]/api/ket-qua/ab",
        "https://[::1/api/ket-qua/ab",
        "https://town.example:99999/api/ket-qua/ab",
        "https://town.example/admin",
        "https://town.example/api/../admin",
        "https://town.example/api/%2e%2e/admin",
        "https://town.example/api/x\r\nHost: evil.example",
        "https://town.example/api/ket-qua/ab#x",
        "//town.example/api/ket-qua/ab",
        "file:///etc/passwd",
        "/api/ket-qua/ab",
        "",
    ],
)
def test_no_callback_makes_the_hub_call_anybody_else(url: str) -> None:
    """The hub stands inside the ward's network, with a token: it fetches from the town alone."""
    with pytest.raises(UrlRefused):
        result_target(url, BASE)

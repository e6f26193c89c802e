"""Who may report a step, and where a result file may be pulled from."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.town_center.callbacks.result_url import UrlRefused, result_target
from adapters.town_center.callbacks.signature import SignatureOld, SignatureRefused, sign, verify

NOW = datetime(2018, 8, 1, 3, tzinfo=UTC)
MONTH, SECOND = timedelta(days=30), timedelta(seconds=1)
BODY = '{"ghiChu":"đủ"}'.encode()
BASE = "https://town.example/api"


def check(body: bytes, headers: dict[str, str], *, now: datetime = NOW) -> None:
    verify(body, headers, "shared", now=now, tolerance=MONTH)


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


@pytest.mark.parametrize("off", [MONTH + SECOND, -MONTH - SECOND])
def test_a_callback_from_another_month_is_told_as_old_and_not_as_wrong(off: timedelta) -> None:
    """What the town repeats after days is taken; a repeat of a known step has no effect anyway."""
    headers = sign(BODY, "shared", at=NOW)
    with pytest.raises(SignatureOld, match="old, not wrong"):
        check(BODY, headers, now=NOW + off)
    check(BODY, headers, now=NOW + off * 0.9)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://town.example/api/ket-qua/ab", "/api/ket-qua/ab"),
        ("https://TOWN.example:443/api/ket-qua/ab?v=1", "/api/ket-qua/ab?v=1"),
        ("http://town.example/api/ket-qua/ab", "/api/ket-qua/ab"),
        ("https://10.0.0.5:8443/ket-qua/ab", "/api/ket-qua/ab"),
        ("https://inside/api/ket-qua/ab#page=2", "/api/ket-qua/ab"),
        ("//inside/ket-qua/ab", "/api/ket-qua/ab"),
        ("https://town.example/tep/ab", "/tep/ab"),
        ("/api/ket-qua/ab", "/api/ket-qua/ab"),
        ("ket-qua/ab", "/api/ket-qua/ab"),
        (
            " https://town.example/api/Giấy chứng nhận.pdf",
            "/api/Gi%E1%BA%A5y%20ch%E1%BB%A9ng%20nh%E1%BA%ADn.pdf",
        ),
        ("/api/100%/%C3%A9?ten=a b&x=%2F", "/api/100%25/%C3%A9?ten=a%20b&x=%2F"),
    ],
)
def test_a_file_is_pulled_from_the_towns_host_whatever_the_address_says(
    url: str, target: str
) -> None:
    """Only path and query are taken from the callback; scheme, host and port are ours."""
    assert result_target(url, BASE) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example\\@town.example/api/ket-qua/ab",
        "https://[::1/api/ket-qua/ab",
        "https://town.example:99999/api/ket-qua/ab",
        "https://town.example/api/../admin",
        "https://town.example/api/%2e%2e/admin",
        "https://town.example/api/x\r\nHost: evil.example",
        "https://evil.example#@town.example/api/ket-qua/ab",
        "https://town.example",
        "https://town.example/api/",
        "file:///etc/passwd",
        "mailto:town",
        "",
    ],
)
def test_what_names_no_file_of_the_town_is_refused(url: str) -> None:
    """The hub stands inside the ward's network, with a token: it fetches from the town alone."""
    with pytest.raises(UrlRefused):
        result_target(url, BASE)

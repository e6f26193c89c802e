"""A caller's text in logs and audit holds no identity number, phone or Vietnamese name."""

import pytest

from hub.rules.masking import masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/v1/dossiers/000012345678", "/v1/dossiers/***"),
        ("/v1/dossiers?soDienThoai=0000123456", "/v1/dossiers?soDienThoai=***"),
        ("/v1/dossiers/Nguy%E1%BB%85n%20V%C4%83n%20M%E1%BA%ABu/files", "/v1/dossiers/***/files"),
        ("$.Nguyễn Văn Mẫu", "*** *** ***"),
        ("$.000012345678", "$.***"),
    ],
)
def test_what_may_be_a_persons_is_masked(text: str, expected: str) -> None:
    """Plain or percent-encoded, in a path, a query or the name of a field."""
    assert masked(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "/v1/dossiers/000.99.01.H57-180806-0001/statuses",
        "/v1/dossiers/000.99.01.H57-20180806-0000001",
        f"/files/{'0123456789abcdef' * 4}",
        "tepDinhKem[0].maBamTep",
        "line 1, column 12345678",
        "$.chuHoSo.soGiayTo",
    ],
)
def test_what_an_operator_needs_is_kept(text: str) -> None:
    """Numbers of dossiers, hashes, fields and places."""
    assert masked(text) == text


@pytest.mark.parametrize("text", ["x" * 2_000_000, "1" * 2_000_000 + "x", "%1" * 1_000_000])
def test_a_very_long_text_of_one_word_is_read_once(text: str) -> None:
    """A refused caller chooses the length. A time that grows with its square would be hours here,
    and the test's time limit would end it."""
    assert masked(text) == text

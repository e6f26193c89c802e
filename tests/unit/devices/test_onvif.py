"""The SOAP of cameras: what is read of a reply, and what no reply can make the hub do."""

from datetime import UTC, datetime

import pytest

from adapters.devices.camera import onvif
from adapters.devices.camera.onvif import MEDIA, SCHEMA, SOAP, NotOnvif, OnvifFault, Place


def reply(content: str) -> bytes:
    """Return an envelope."""
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:tt="{SCHEMA}" xmlns:m="{MEDIA}">'
        f"<s:Body>{content}</s:Body></s:Envelope>"
    ).encode()


def time(**parts: object) -> bytes:
    """Return the reply with a time, some of its parts in another form."""
    shown = {"Year": 2026, "Month": 11, "Day": 29, "Hour": 9, "Minute": 5, "Second": 7} | parts
    inner = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in shown.items())
    return reply(f"<x><tt:UTCDateTime>{inner}</tt:UTCDateTime></x>")


def test_a_time_is_read_in_utc() -> None:
    """Without its own zone; a leap second is the second before."""
    assert onvif.read_time(onvif.content_of(time())) == datetime(2026, 11, 29, 9, 5, 7, tzinfo=UTC)
    assert onvif.read_time(onvif.content_of(time(Second=60))).second == 59


@pytest.mark.parametrize("parts", [{"Month": 13}, {"Year": "9" * 5}, {"Hour": ""}, {"Day": "1e3"}])
def test_a_time_that_is_none_is_no_time(parts: dict[str, object]) -> None:
    """It is not guessed."""
    with pytest.raises(NotOnvif):
        onvif.read_time(onvif.content_of(time(**parts)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
        b"<a>" * 20_000,
        reply(""),
    ],
)
def test_what_is_no_reply_is_refused(body: bytes) -> None:
    """Entities, depth, another encoding, another page."""
    with pytest.raises(NotOnvif) as refused:
        onvif.content_of(body)
    assert len(str(refused.value)) < 300


def test_a_fault_is_its_last_code() -> None:
    """The login has its own; a code of any length is cut."""
    value = "<s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{}</s:Value></s:Subcode>"
    for code, of_login in (("NotAuthorized", True), ("x" * 9_000, False)):
        with pytest.raises(OnvifFault) as raised:
            onvif.content_of(reply(f"<s:Fault><s:Code>{value.format(code)}</s:Code></s:Fault>"))
        assert raised.value.is_of_login is of_login
        assert len(raised.value.code) <= 60


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("http://10.0.0.1:8080/snap?channel=1", Place(8080, "/snap?channel=1")),
        ("https://other.example", Place(None, "/")),
        (" http://[fe80::1]/a ", Place(None, "/a")),
    ],
)
def test_a_place_has_no_host(uri: str, place: Place) -> None:
    """So the hub calls no machine that a camera names."""
    content = onvif.content_of(reply(f"<m:R><m:MediaUri><tt:Uri>{uri}</tt:Uri></m:MediaUri></m:R>"))
    assert onvif.read_snapshot_place(content) == place


@pytest.mark.parametrize(
    "uri", ["", "file:///etc/passwd", "http://a:x/", "http://a/ b", "ftp://a/"]
)
def test_a_place_without_use_is_refused(uri: str) -> None:
    """Also one that no request can carry."""
    content = onvif.content_of(reply(f"<m:R><tt:Uri>{uri}</tt:Uri></m:R>"))
    with pytest.raises(NotOnvif):
        onvif.read_snapshot_place(content)


def test_a_profile_without_a_usable_token_is_none() -> None:
    """Nothing of any length goes into the next call."""
    tokens = ["chinh", "", "x" * 65]
    shown = "".join(f'<m:Profiles token="{it}"/>' for it in tokens)
    assert onvif.read_profiles(onvif.content_of(reply(f"<m:R>{shown}</m:R>"))) == ["chinh"]

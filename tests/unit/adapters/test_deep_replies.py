"""Replies that are well formed and nested without end: read by neither partner's adapter."""

import pytest

from adapters.provincial.protocol.rest import RestProtocol
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.town_center import faults as town
from adapters.town_center.profile import shipped
from adapters.wire.reading import Reply
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.partners.province import settings_for

DEEP = 200_000
JSON = b'{"error_code":0,"message":"","data":1,"more":' + b"[" * DEEP + b"]" * DEEP + b"}"
XML = (
    b'<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body>'
    + b"<a>" * DEEP
    + b"</a>" * DEEP
    + b"</E:Body></E:Envelope>"
)


def test_the_town_is_not_read() -> None:
    """Also in a field that nobody asked for."""
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        town.outcome(Reply(status=200, body=JSON), table=town.table_of(shipped()))


@pytest.mark.parametrize("mode", ["soap", "rest"])
def test_the_province_is_not_read(mode: str) -> None:
    """Neither over SOAP nor over REST; the stack of the thread is not used up."""
    settings = settings_for("http://127.0.0.1:9", mode=mode)
    dialect = SoapProtocol(settings) if mode == "soap" else RestProtocol(settings)
    with pytest.raises(AmbiguousFailure, match="reply_unreadable"):
        dialect.read("DongBoHoSoMC", Reply(status=200, body=XML if mode == "soap" else JSON))

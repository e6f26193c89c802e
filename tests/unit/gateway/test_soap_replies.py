"""A reply by SOAP is XML that says what its record says, whatever letters stand in it."""

import pytest
from lxml import etree

from hub.gateway.partner_calls.records import CallReceipt
from hub.gateway.soap import messages, values
from hub.gateway.soap.names import NS, Version


def read(version: Version, record: CallReceipt) -> dict[str, str]:
    """Return the elements of the reply to an operation, by their names, as a reader sees them."""
    root = etree.fromstring(messages.reply(version, "TraLoi", values.written(record)))
    (response,) = root.findall(f"{version.tag('Body')}/{{{NS}}}TraLoiResponse")
    return {etree.QName(child).localname: child.text or "" for child in response}


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("text", ["", "Nguyễn & <b>]]> ~ \"'", "a\r\n\tb", "\U0001f600\ue000"])
def test_a_value_comes_out_as_it_went_in(version: Version, text: str) -> None:
    """Markup, line ends, letters beyond the first plane, and the mark of the frame."""
    record = CallReceipt(message_id="1", number=text)
    assert read(version, record) == {"maThongDiep": "1", "maHoSo": text}


@pytest.mark.parametrize("letter", ["\x00", "\x1b", "\ud800", "\ufffe"])
def test_a_character_that_xml_does_not_have_is_replaced(letter: str) -> None:
    """The reply is XML nevertheless."""
    record = CallReceipt(message_id="1", number=f"a{letter}b")
    assert read(Version.SOAP_11, record)["maHoSo"] == "a\ufffdb"

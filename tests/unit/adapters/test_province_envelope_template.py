"""An envelope that is poured equals the one that zeep would have built."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from zeep import Client
from zeep.exceptions import Error as ZeepError

from adapters.provincial import mapping
from adapters.provincial.protocol.envelope_template import SHAPES, EnvelopeTemplates
from adapters.provincial.settings import SCHEMAS
from tests.support.partners.province import SCAN, dossier

CLIENT: Any = Client(str(SCHEMAS / "hosodientu.wsdl"))  # type: ignore[no-untyped-call]
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20).filter(
    lambda value: mapping.text(value) == value
)
RECORD = mapping.dossier_fields(
    dossier("000.99.01.H57-180724-0001"), [SCAN, SCAN], file_base_url="http://h/f"
)


def by_zeep(operation: str, arguments: Mapping[str, Any]) -> bytes:
    envelope = CLIENT.create_message(CLIENT.service, operation, **arguments)
    return etree.tostring(envelope, xml_declaration=True, encoding="utf-8")


MOULDS = EnvelopeTemplates(by_zeep)


def canonical(document: bytes) -> bytes:
    """Return the document in the form in which equal documents have equal bytes."""
    return etree.tostring(etree.fromstring(document), method="c14n")


@given(texts, texts, texts)
def test_a_poured_envelope_is_the_one_zeep_builds(name: str, note: str, file: str) -> None:
    """Also for markup, quotes, "]]>" and letters beyond the first plane."""
    papers = [RECORD["TaiLieuNop"][0], {**RECORD["TaiLieuNop"][1], "TenTepDinhKem": file}]
    record = {**RECORD, "ChuHoSo": name, "GhiChu": note, "TaiLieuNop": papers}
    arguments = {"session": "s", "madonvi": "A", "isUpdating": "True", "data": [record]}
    poured = MOULDS.render("DongBoHoSoMC", arguments).encode()
    assert canonical(poured) == canonical(by_zeep("DongBoHoSoMC", arguments))


def test_the_order_of_arguments_is_free() -> None:
    """The schema's order is kept, whatever order the record has."""
    backwards = dict(reversed(RECORD.items()))
    arguments = {"data": [backwards], "isUpdating": "True", "madonvi": "A", "session": "s"}
    poured = MOULDS.render("DongBoHoSoMC", arguments).encode()
    assert canonical(poured) == canonical(by_zeep("DongBoHoSoMC", arguments))


def test_zeep_works_once_for_each_shape() -> None:
    """Other texts, no other work; another number of papers is another shape."""
    rendered: list[str] = []

    def counted(operation: str, arguments: Mapping[str, Any]) -> bytes:
        rendered.append(operation)
        return by_zeep(operation, arguments)

    moulds = EnvelopeTemplates(counted)
    common = {"session": "s", "madonvi": "A", "isUpdating": "True"}
    for name in ("Một", "Hai"):
        moulds.render("DongBoHoSoMC", common | {"data": [{**RECORD, "ChuHoSo": name}]})
    assert len(rendered) == 1
    moulds.render("DongBoHoSoMC", common | {"data": [{**RECORD, "TaiLieuNop": []}]})
    assert len(rendered) == 2


def test_what_the_schema_does_not_take_is_an_error_not_a_hole() -> None:
    """A misspelt or missing argument and a value that is no text are refused."""
    common = {"session": "s", "madonvi": "A"}
    for wrong in ({"mahoso": "N", "maHoSo": "N"}, {"mahoso": 7}, {}):
        with pytest.raises((TypeError, ZeepError)):
            MOULDS.render("TraCuuHoSo", common | wrong)


def test_the_moulds_that_are_kept_are_bounded() -> None:
    """A stream of ever new shapes does not fill the memory."""

    def render(operation: str, arguments: Mapping[str, Any]) -> bytes:
        return "|".join(arguments.values()).encode()

    moulds = EnvelopeTemplates(render)
    for number in range(SHAPES * 2 + 1):
        assert moulds.render("x", {f"field{number}": "a<b"}) == "a&lt;b"
    assert len(moulds._kept) <= SHAPES


def test_threads_share_the_moulds() -> None:
    """Eight threads that need the same new shape at once all get the right document."""
    moulds = EnvelopeTemplates(by_zeep)
    together = threading.Barrier(8)

    def pour(index: int) -> bytes:
        together.wait(10)
        arguments = {"session": "s", "madonvi": str(index), "mahoso": "N"}
        return moulds.render("TraCuuHoSo", arguments).encode()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(pour, range(8)))
    for index, document in enumerate(found):
        assert f">{index}<".encode() in document

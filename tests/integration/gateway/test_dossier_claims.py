"""Dossiers that wait to be received: fetched by SOAP and REST, and claimed by what fetches them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from hub.gateway.soap.names import NS
from hub.messages import payloads as p
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.signed_calls import envelope
from tests.support.ward import MONDAY, reception

PATH = "/v1/dossier-claims"
WAITING = 12


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over a ward with online dossiers that nobody has received."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        for nth in range(WAITING):
            opened.ward.accept(submitted(nth))
        yield opened


def submitted(nth: int) -> p.DossierSubmitted:
    """Return a dossier that was submitted online."""
    given = reception()
    return p.DossierSubmitted(
        number=number_of(nth),
        procedure=given.procedure,
        applicant=given.applicant,
        submitted_at=MONDAY,
        components=tuple(msgspec.structs.replace(one) for one in given.components),
    )


def number_of(nth: int) -> str:
    """Return the number of a dossier."""
    return f"000.99.01.H57-180806-{nth + 1:04}"


def by_rest(gateway: PartnerGateway, token: str, *, limit: int = 5, key: str = "") -> Any:
    """Claim by REST; return the reply."""
    headers = {"Authorization": token} | ({"Idempotency_Key": key} if key else {})
    return gateway.call("POST", f"{PATH}?soLuong={limit}", b"", **headers)


def by_soap(gateway: PartnerGateway, token: str, *, limit: int = 5) -> list[str]:
    """Claim by SOAP; return the dossiers' numbers."""
    asked = f'<NhanHoSoChoTiepNhan xmlns="{NS}"><soLuong>{limit}</soLuong></NhanHoSoChoTiepNhan>'
    reply = gateway.call(
        "POST", "/soap", envelope(asked), Authorization=token, Content_Type="text/xml"
    )
    assert reply.status == 200, reply.data
    root = etree.fromstring(reply.data)
    assert root.find(f".//{{{NS}}}Loi") is None
    return [str(one.text) for one in root.iterfind(f".//{{{NS}}}hoSo/{{{NS}}}maHoSo")]


def numbers(reply: Any) -> list[str]:
    """Return the numbers of a reply of REST."""
    assert reply.status == 200, reply.data
    return [one["maHoSo"] for one in json.loads(reply.data)["hoSo"]]


def test_two_callers_at_once_by_soap_and_rest_never_get_the_same(gateway: PartnerGateway) -> None:
    """Two clients by both ways: together they get every dossier, each once."""
    tokens = [gateway.add_client("counter-one"), gateway.add_client("counter-two")]

    def claim(nth: int) -> list[str]:
        token = tokens[nth % 2]
        if nth % 4 < 2:
            return by_soap(gateway, token, limit=2)
        return numbers(by_rest(gateway, token, limit=2))

    with ThreadPoolExecutor(8) as threads:
        found = [number for got in threads.map(claim, range(WAITING)) for number in got]
    assert sorted(found) == [number_of(nth) for nth in range(WAITING)]


def test_a_claim_says_until_when_and_is_repeated_under_its_key(gateway: PartnerGateway) -> None:
    """The same dossiers, marked as an earlier answer; other terms under the key are refused."""
    token = gateway.add_client("counter-one")
    first = by_rest(gateway, token, key="a")
    again = by_rest(gateway, token, key="a")
    assert numbers(first) == [number_of(nth) for nth in range(5)]
    assert json.loads(again.data) == json.loads(first.data)
    assert "giuDen" in json.loads(first.data)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = by_rest(gateway, token, limit=6, key="a")
    assert (other.status, json.loads(other.data)["code"]) == (422, "idempotency_key_reused")


def test_what_was_received_waits_no_more(gateway: PartnerGateway) -> None:
    """The status that the caller sets takes the dossier out of the list; no answer has a name."""
    token = gateway.add_client("counter-one")
    body = {
        "trangThai": 2,
        "thoiDiemXuLy": MONDAY.isoformat(),
        "nguoiXuLy": "Lê Thị Thử",
        "phongBanXuLy": "Sở Thử",
    }
    path = f"/v1/dossiers/{number_of(0)}/statuses"
    reply = gateway.call("POST", path, json.dumps(body).encode(), Content_Type="application/json")
    assert reply.status == 202
    gateway.ward.settle()
    claimed = by_rest(gateway, token, limit=100)
    assert numbers(claimed) == [number_of(nth) for nth in range(1, WAITING)]
    assert "Nguyễn" not in claimed.data.decode()


@pytest.mark.parametrize("query", ["soLuong=0", "soLuong=101", "thoiGianGiu=59", "thoiGianGiu=x"])
def test_wrong_terms_are_refused(gateway: PartnerGateway, query: str) -> None:
    """And nothing is held."""
    reply = gateway.call("POST", f"{PATH}?{query}")
    assert (reply.status, json.loads(reply.data)["code"]) == (422, "call_invalid")
    assert len(numbers(by_rest(gateway, f"Bearer {gateway.key}", limit=100))) == WAITING


def test_a_client_without_the_right_claims_nothing(gateway: PartnerGateway) -> None:
    """Reading a list is another right."""
    token = gateway.add_client("reader", operations=frozenset({"dossiers.list"}))
    assert by_rest(gateway, token).status == 403

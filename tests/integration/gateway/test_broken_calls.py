"""Calls that are broken: counted and audited like any other, before anything of them is stored."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.gateway.soap.names import NS
from hub.messages.envelope import decode_stored
from hub.store.messages import journal, parked
from hub.store.messages.parked import ParkedFilter
from tests.integration.gateway.soap.test_soap_bodies import (
    MTOM,
    STATUS,
    XOP,
    envelope,
    package,
    stored,
    submission,
)
from tests.integration.gateway.v1.test_rest_operations import DOSSIER
from tests.integration.gateway.v1.test_rest_operations import STATUS as JSON_STATUS
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import NUMBER, reception
from tests.support.works import now

FILE = (
    "<tepDinhKem><tenTep>a.pdf</tenTep><loaiTep>application/pdf</loaiTep>"
    "<noiDung>SGVsbG8=</noiDung></tepDinhKem>"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


def soap(
    gateway: PartnerGateway, body: bytes, key: str, media: str = "text/xml"
) -> tuple[int, bytes]:
    """Call by SOAP; return status and answer."""
    reply = gateway.call("POST", "/soap", body, Content_Type=media, Authorization=key)
    return reply.status, reply.data


def rest(gateway: PartnerGateway, body: bytes, key: str) -> int:
    """Tell a status by REST; return the answer's status."""
    path, media = f"{DOSSIER}/statuses", "application/json"
    return gateway.call("POST", path, body, Content_Type=media, Authorization=key).status


def denied(gateway: PartnerGateway) -> list[tuple[str, str]]:
    """Return actor and reason of the audit's refusals, in order."""
    query = "SELECT actor, reason FROM audit WHERE NOT allowed ORDER BY seq"
    with gateway.ward.store.read() as tx:
        return [tuple(row) for row in tx.exec_driver_sql(query)]


def test_broken_calls_use_up_the_quota_and_are_audited(gateway: PartnerGateway) -> None:
    """By SOAP and by REST: what is no call costs the hub as much as one that is."""
    key = gateway.add_client("portal", calls_per_minute=4)
    assert soap(gateway, b"<a", key)[0] == 500
    assert soap(gateway, envelope("<a/>"), key)[0] == 500
    assert rest(gateway, b"{", key) == 400
    assert rest(gateway, json.dumps(JSON_STATUS | {"x": 1}).encode(), key) == 422
    assert rest(gateway, json.dumps(JSON_STATUS).encode(), key) == 429
    assert soap(gateway, envelope(STATUS), key)[0] == 429
    assert {(actor.split(" ")[0], reason) for actor, reason in denied(gateway)} >= {
        ("portal", "xml_broken"),
        ("portal", "json_broken"),
        ("portal", "call_invalid"),
        ("portal", "calls_exhausted"),
    }


@pytest.mark.parametrize("mtom", [False, True])
def test_a_client_of_another_agency_stores_no_file(gateway: PartnerGateway, mtom: bool) -> None:
    """403 before the first byte of a file is kept."""
    key = gateway.add_client("elsewhere", agencies=frozenset({"000.00.02.H57"}))
    body, media = envelope(submission("SGVsbG8=")), "text/xml"
    if mtom:
        body, media = package(envelope(submission(XOP.format("a"))), ("a", b"x")), MTOM
    status, answer = soap(gateway, body, key, media)
    assert (status, b"agency_forbidden" in answer) == (403, True)
    assert stored(gateway) == set()
    assert [reason for _, reason in denied(gateway)] == ["agency_forbidden"]


@pytest.mark.parametrize(
    "body",
    [
        STATUS.replace("<trangThai>", f"{FILE}<trangThai>"),
        submission("SGVsbG8=").replace(f"<maHoSo>{NUMBER}</maHoSo>", ""),
        submission("SGVsbG8=").replace(NUMBER, "x"),
        f'<Xoa xmlns="{NS}">{FILE}</Xoa>',
        FILE.replace("<tepDinhKem>", f'<tepDinhKem xmlns="{NS}">'),
    ],
    ids=["of no files", "without a number", "number of none", "unknown", "no operation"],
)
def test_a_call_that_cannot_be_admitted_stores_no_file(gateway: PartnerGateway, body: str) -> None:
    """Whatever comes behind the file: it is refused, counted and told."""
    key = gateway.add_client("portal", calls_per_minute=1)
    assert soap(gateway, envelope(body), key)[0] == 500
    assert stored(gateway) == set()
    assert soap(gateway, envelope(STATUS), key)[0] == 429


def test_files_before_the_envelope_are_refused(gateway: PartnerGateway) -> None:
    """Nothing is stored for a call that nobody has read."""
    key = gateway.add_client("portal")
    head = b"--=b_1\r\nContent-ID: <a>\r\n\r\nfile\r\n"
    body = head + package(envelope(submission(XOP.format("a"))))
    assert soap(gateway, body, key, MTOM)[0] == 500
    assert stored(gateway) == set()


@pytest.mark.parametrize("way", ["soap", "rest"])
@pytest.mark.parametrize(
    ("code", "taken"), [("procedure_unknown", True), ("handler_killed", False)]
)
def test_a_parked_call_that_is_repeated_is_retried(
    gateway: PartnerGateway, way: str, code: str, taken: bool
) -> None:
    """The cause may be gone, and the client believes so; not where the process died of it."""

    def tell() -> int:
        if way == "rest":
            return rest(gateway, json.dumps(JSON_STATUS).encode(), f"Bearer {gateway.key}")
        return soap(gateway, envelope(STATUS), f"Bearer {gateway.key}")[0]

    gateway.ward.accept(reception())
    gateway.ward.settle()
    assert tell() in (200, 202)
    with gateway.ward.store.write() as tx:
        ((id, body),) = journal.unhandled(tx, after="").items()
        entry = journal.JournalEntry(decode_stored(body), body)
        journal.park(tx, entry, now(), code=code, reason="a test")
    gateway.ward.settle()
    with gateway.ward.store.read() as tx:
        assert [it.id for it in parked.select(tx, ParkedFilter())] == [id]
    assert tell() in (200, 202)
    gateway.ward.settle()
    with gateway.ward.store.read() as tx:
        left = [it.id for it in parked.select(tx, ParkedFilter())]
        audited = tx.exec_driver_sql(
            "SELECT actor, object FROM audit WHERE action = 'message.unpark'"
        )
        told = [tuple(row) for row in audited]
    assert (left, told) == (([], [("provincial", id)]) if taken else ([id], []))

"""No personal data in what the gateway writes beside the messages: log, audit, temporary files,
answers to others, and the text of its own faults.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import structs

from hub.messages import queues
from hub.ports import Confirm, Outgoing
from hub.runtime import telemetry
from hub.store.messages import journal
from tests.integration.gateway.soap.test_soap_bodies import COMPONENT, envelope, submission
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.personal import KEPT, found_in, tables_with
from tests.support.ward import BIRTH, NUMBER

PERSON = {
    "hoTen": "Nguyễn Văn Mẫu",
    "soGiayTo": "000012345678",
    "soDienThoai": "0000123456",
    "diaChi": "Tổ dân phố 4, phường Hương Xuân",
}
PRIVATE = frozenset(PERSON.values())
SUBMISSION = {
    "maHoSo": NUMBER,
    "maTTHC": BIRTH,
    "chuHoSo": PERSON,
    "ngayNop": "2018-08-06T01:30:00Z",
    "thanhPhanHoSo": [{"maThanhPhan": COMPONENT.code, "tenThanhPhan": "x"}],
    "trichYeu": "Khai sinh cho Nguyễn Văn Mẫu",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path / "ward", url=url) as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file with all that is logged, by the hub and by its libraries."""
    place = tmp_path / "hub.log"
    handler = logging.FileHandler(tmp_path / "libraries.log", encoding="utf-8")
    handler.setFormatter(telemetry._WithoutWords("%(name)s %(message)s"))
    # Alone: pytest's own handlers would write the words of an exception into its record.
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    with telemetry.logging_to(place):
        yield place
    handler.close()


def submit(gateway: PartnerGateway, body: object, **headers: str) -> tuple[int, bytes]:
    """Submit a dossier by REST; return status and answer."""
    headers = {"Content_Type": "application/json"} | headers
    text = json.dumps(body, ensure_ascii=False).encode()
    reply = gateway.call("POST", "/v1/dossiers", text, **headers)
    return reply.status, reply.data


def by_soap(gateway: PartnerGateway, text: str) -> bytes:
    """Call by SOAP; return the answer."""
    return gateway.call("POST", "/soap", envelope(text), Content_Type="text/xml").data


def fail_in_every_way(gateway: PartnerGateway, patch: pytest.MonkeyPatch) -> list[bytes]:
    """Say personal data in calls that are refused, and in one that the database refuses."""
    name, number = PERSON["hoTen"], PERSON["soGiayTo"]
    given = [
        submit(gateway, SUBMISSION | {"ngayNop": name})[1],
        submit(gateway, SUBMISSION | {"maHoSo": number})[1],
        submit(gateway, SUBMISSION | {"chuHoSo": PERSON | {"hoTen": [name]}})[1],
        submit(gateway, SUBMISSION, Idempotency_Key="k")[1],
        submit(gateway, SUBMISSION | {"trichYeu": f"Khác {name}"}, Idempotency_Key="k")[1],
        submit(gateway, SUBMISSION | {"trichYeu": f"Khác {name}"})[1],
        submit(gateway, SUBMISSION, Authorization=f"Bearer {number}")[1],
        by_soap(gateway, submission().replace(NUMBER, number)),
        by_soap(gateway, submission().replace("<chuHoSo>", f"<chuHoSo><la>{name}</la>")),
        by_soap(gateway, f"<a b='{name}'>{number}"),
    ]

    def refuse(tx: object, entries: object, now: object) -> None:
        parameters = {"body": json.dumps(SUBMISSION, ensure_ascii=False)}
        raise sa.exc.IntegrityError("INSERT INTO journal", parameters, ValueError(name))

    with patch.context() as during:
        during.setattr(journal, "accept", refuse)
        other = SUBMISSION | {"maHoSo": NUMBER[:-1] + "9"}
        status, answer = submit(gateway, other, Connection="close")  # the hub closes it, too
    assert status == 500, answer
    assert submit(gateway, SUBMISSION)[0] == 202
    return [*given, answer]


def test_no_answer_log_or_row_repeats_personal_data(
    gateway: PartnerGateway, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong: it stands in the message and in the dossier, and nowhere else."""
    answers = fail_in_every_way(gateway, monkeypatch)
    gateway.ward.settle()
    assert [text for text in answers if found_in(text, PRIVATE)] == []
    assert log.stat().st_size > 0
    written = [place for place in tmp_path.glob("*.log") if found_in(place.read_bytes(), PRIVATE)]
    assert written == []
    assert tables_with(gateway.ward.store, PRIVATE) <= KEPT


def test_what_a_caller_puts_into_an_address_is_masked_in_log_and_audit(
    gateway: PartnerGateway, log: Path, tmp_path: Path
) -> None:
    """An identity number in the place of a dossier's, a name as the name of a field."""
    number, phone = PERSON["soGiayTo"], PERSON["soDienThoai"]
    quoted = "Nguy%E1%BB%85n%20V%C4%83n%20M%E1%BA%ABu"
    for path in (
        f"/v1/dossiers/{number}",
        f"/v1/dossiers/{quoted}",
        f"/v1/dossiers?{phone}=1",
        f"/v1/dossiers?{quoted}=1",
        f"/v1/faults/{number}",
        f"/nothing/{number}",
        f"/files/{number}",
    ):
        assert gateway.call("GET", path).status >= 400
        assert gateway.call("GET", path, Authorization="Bearer x").status >= 400
    assert submit(gateway, {PERSON["hoTen"]: 1, number: 2})[0] == 422
    assert submit(gateway, {number: 2})[0] == 422
    private = PRIVATE | {quoted}
    written = [place for place in tmp_path.glob("*.log") if found_in(place.read_bytes(), private)]
    assert log.stat().st_size > 0
    assert written == []
    assert tables_with(gateway.ward.store, private) == set()


def test_a_file_that_was_cut_off_leaves_no_temporary_file(gateway: PartnerGateway) -> None:
    """Bytes of a refused file are nowhere."""
    content = PERSON["hoTen"].encode() * 1000
    assert gateway.call("POST", "/v1/files", content, X_Sha256="0" * 64).status == 422
    places = [it for it in gateway.ward.files.directory.parent.rglob("*") if it.is_file()]
    assert [it for it in places if found_in(it.read_bytes(), PRIVATE)] == []


def test_nothing_but_the_body_of_a_queue_message_holds_personal_data(
    gateway: PartnerGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Routing keys, ids, types and headers are seen by whoever administers the broker."""
    assert submit(gateway, SUBMISSION)[0] == 202
    publisher, sent = gateway.ward.broker.publisher(), list[Outgoing]()
    publish = publisher.publish

    def keep(batch: Sequence[Outgoing], *, timeout: timedelta) -> list[Confirm]:
        sent.extend(batch)
        return publish(batch, timeout=timeout)

    monkeypatch.setattr(publisher, "publish", keep)
    consumer = gateway.ward.broker.consumer(queues.INGEST, prefetch=100)
    while gateway.ward.relay.publish_some(publisher):
        gateway.ward.receive.handle(consumer, consumer.receive(100, wait=timedelta(0)))
    consumer.close()
    assert any(found_in(message.body, PRIVATE) for message in sent)
    outside = [structs.replace(message, body=b"") for message in sent]
    assert [it for it in outside if found_in(str(it).encode(), PRIVATE)] == []

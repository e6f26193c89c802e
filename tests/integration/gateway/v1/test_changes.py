"""`GET /v1/changes`: what a partner reads, of its agencies, by cursor, after a restore."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.messages.payloads import Status, TownStep
from hub.store.archive import erasing
from hub.store.change_feed import numbering
from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.ward import (
    BIRTH,
    MONDAY,
    NUMBER,
    progress,
    reception,
    town,
    transferred,
)
from tests.support.works import now

OTHER = "000.99.01.H57-180806-0002"
BY_PROVINCE = {"nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Sở Thử"}
RIGHTS = frozenset({"changes.read"})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


def read(gateway: PartnerGateway, query: str = "", *, key: str = "") -> dict[str, Any]:
    """Number what is committed and read a page."""
    ChangeFeed(gateway.ward.store, clock=now).run_once()
    headers = {"Authorization": key} if key else {}
    reply = gateway.call("GET", f"/v1/changes{query}", b"", **headers)
    assert reply.status == 200, reply.data
    found: dict[str, Any] = json.loads(reply.data)
    return found


def told(page: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and code of each change."""
    return [(one["loai"].removeprefix("dossier."), one["ma"]) for one in page["thayDoi"]]


def say(gateway: PartnerGateway, path: str, **body: Any) -> str:
    """Say something as the province; return the id of the message."""
    reply = gateway.call(
        "POST",
        f"/v1/dossiers/{NUMBER}/{path}",
        json.dumps(BY_PROVINCE | body).encode(),
        Content_Type="application/json",
    )
    assert reply.status == 202, reply.data
    gateway.ward.settle()
    message: str = json.loads(reply.data)["maThongDiep"]
    return message


def result_file(gateway: PartnerGateway) -> dict[str, str]:
    """Send a file ahead; return how a call names it."""
    sent = gateway.call("POST", "/v1/files", b"%PDF-1.4 result", Content_Type="application/pdf")
    sha256 = json.loads(sent.data)["maBamTep"]
    return {"tenTep": "a.pdf", "loaiTep": "application/pdf", "maBamTep": sha256}


def test_every_kind_of_change_is_told_in_its_order(gateway: PartnerGateway) -> None:
    """State, payment, result, corrected procedure; each with the message that caused it."""
    gateway.ward.accept(reception(BIRTH))
    at = (MONDAY + timedelta(hours=1)).isoformat()
    right = say(
        gateway, "procedure-corrections", thoiDiemXuLy=at, maTTHCSai=BIRTH, maTTHCDung="1.000894"
    )
    notice = {"soThongBao": "1", "loaiThue": "Lệ phí", "soTien": 1000}
    paid = say(gateway, "payment-requests", ngayThongBao=at, thongBaoThue=[notice])
    later = (MONDAY + timedelta(hours=2)).isoformat()
    say(gateway, "statuses", trangThai=4, thoiDiemXuLy=later)
    done = say(gateway, "results", ngayKetThuc=later, tepDinhKem=[result_file(gateway)])
    page = read(gateway)
    assert told(page) == [
        ("status_changed", "2"),
        ("procedure_corrected", "1.000894"),
        ("payment_requested", "6"),
        ("status_changed", "4"),
        ("result_issued", "9"),
    ]
    messages = [one["maThongDiep"] for one in page["thayDoi"]]
    assert [messages[place] for place in (1, 2, 4)] == [right, paid, done]
    assert {one["maHoSo"] for one in page["thayDoi"]} == {NUMBER}
    assert not page["conTiep"]


def test_steps_of_the_town_are_told_with_the_status_that_they_mean(gateway: PartnerGateway) -> None:
    """One that comes early is told when it is applied."""
    transferred(gateway.ward)
    before = read(gateway)["tiepTheo"]
    gateway.ward.accept(town(2, TownStep.AWAITING_SUPPLEMENT))
    assert read(gateway, f"?after={before}")["thayDoi"] == []
    gateway.ward.accept(town(1, TownStep.ACCEPTED))
    assert told(read(gateway, f"?after={before}")) == [
        ("step_reported", TownStep.ACCEPTED.value),
        ("status_changed", "4"),
        ("step_reported", TownStep.AWAITING_SUPPLEMENT.value),
        ("supplement_requested", "5"),
    ]


def test_event_that_is_not_applied_is_no_change(gateway: PartnerGateway) -> None:
    """It stands in the timeline with its reason."""
    gateway.ward.accept(reception(BIRTH))
    gateway.ward.accept(progress(Status.FINISHED, 2))
    cursor = read(gateway)["tiepTheo"]
    gateway.ward.accept(progress(Status.PROCESSING, 1))
    assert read(gateway, f"?after={cursor}")["thayDoi"] == []


def test_result_that_comes_behind_its_status_is_told_for_its_files(gateway: PartnerGateway) -> None:
    """The status is refused as a repeat, but there are files that the reader does not have."""
    gateway.ward.accept(reception(BIRTH))
    gateway.ward.accept(progress(Status.FINISHED, 2))
    cursor = read(gateway)["tiepTheo"]
    at = (MONDAY + timedelta(hours=3)).isoformat()
    say(gateway, "results", ngayKetThuc=at, tepDinhKem=[result_file(gateway)])
    assert told(read(gateway, f"?after={cursor}")) == [("result_issued", "9")]


def test_reader_goes_on_page_by_page_and_a_known_page_is_304(gateway: PartnerGateway) -> None:
    """`tiepTheo` is a place for later, too."""
    gateway.ward.accept(reception(BIRTH))
    for hours, status in ((1, Status.PROCESSING), (2, Status.FINISHED)):
        gateway.ward.accept(progress(status, hours))
    whole = read(gateway)
    first = read(gateway, "?limit=2")
    assert first["conTiep"] is True
    rest = read(gateway, f"?limit=2&after={first['tiepTheo']}")
    assert first["thayDoi"] + rest["thayDoi"] == whole["thayDoi"]
    assert rest["tiepTheo"] == whole["tiepTheo"] == whole["thayDoi"][-1]["viTri"]
    reply = gateway.call("GET", "/v1/changes")
    known = gateway.call("GET", "/v1/changes", If_None_Match=reply.headers["ETag"])
    assert known.status == 304


def test_client_reads_changes_of_its_agencies_only(gateway: PartnerGateway) -> None:
    """And none without the right."""
    gateway.ward.accept(reception(BIRTH))
    gateway.ward.accept(reception(BIRTH, OTHER.replace("H57", "H58")))
    key = gateway.add_client("one", operations=RIGHTS, agencies=frozenset({"000.99.01.H58"}))
    page = read(gateway, key=key)
    assert [one["maHoSo"] for one in page["thayDoi"]] == [OTHER.replace("H57", "H58")]
    none = gateway.add_client("none", operations=frozenset({"dossiers.read"}))
    assert gateway.call("GET", "/v1/changes", Authorization=none).status == 403


def test_changes_hold_no_personal_data(gateway: PartnerGateway) -> None:
    """The number and codes; neither applicant nor officer nor note."""
    gateway.ward.accept(reception(BIRTH))
    page = json.dumps(read(gateway), ensure_ascii=False)
    said = reception(BIRTH)
    for word in (said.applicant.name, said.applicant.identity_number, said.officer):
        assert word not in page


def test_cursor_of_before_a_restore_is_answered_with_where_to_begin(
    gateway: PartnerGateway,
) -> None:
    """410 with a cursor that works, in both languages."""
    gateway.ward.accept(reception(BIRTH))
    before = read(gateway)["tiepTheo"]
    with gateway.ward.store.write() as tx:
        numbering.begin_epoch(tx, now=now())
    gateway.ward.accept(progress(Status.PROCESSING, 1))
    ChangeFeed(gateway.ward.store, clock=now).run_once()
    reply = gateway.call("GET", f"/v1/changes?after={before}")
    problem = json.loads(reply.data)
    assert (reply.status, problem["code"]) == (410, "changes_restarted")
    assert problem["title"] != problem["title_en"]
    assert problem["batDauLai"] in problem["detail"]
    assert told(read(gateway, f"?after={problem['batDauLai']}")) == [("status_changed", "4")]


@pytest.mark.parametrize("query", ["after=nonsense", "after=%00", "limit=0", "limit=1001", "sau=x"])
def test_query_that_the_feed_does_not_know_is_refused_by_its_field(
    gateway: PartnerGateway, query: str
) -> None:
    """422 with the field's name."""
    reply = gateway.call("GET", f"/v1/changes?{query}")
    problem = json.loads(reply.data)
    assert (reply.status, problem["code"]) == (422, "call_invalid")
    assert query.partition("=")[0] in problem["where"]


def test_erased_dossier_leaves_the_feed_and_a_reader_behind_is_told(
    gateway: PartnerGateway,
) -> None:
    """Nothing may be said about it any more."""
    gateway.ward.accept(reception(BIRTH))
    gateway.ward.accept(progress(Status.REFUSED, 1))
    gateway.ward.accept(reception(BIRTH, OTHER))
    cursor = read(gateway)["tiepTheo"]
    with gateway.ward.store.write() as tx:
        assert erasing.erase(tx, NUMBER, now=now())
    page = read(gateway)
    assert {one["maHoSo"] for one in page["thayDoi"]} == {OTHER}
    assert page["daLuuTruDen"]
    assert "daLuuTruDen" not in read(gateway, f"?after={cursor}")

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
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


def read(door: PartnerGateway, query: str = "", *, key: str = "") -> dict[str, Any]:
    """Number what is committed and read a page."""
    ChangeFeed(door.ward.store, clock=now).run_once()
    headers = {"Authorization": key} if key else {}
    reply = door.call("GET", f"/v1/changes{query}", b"", **headers)
    assert reply.status == 200, reply.data
    found: dict[str, Any] = json.loads(reply.data)
    return found


def told(page: dict[str, Any]) -> list[tuple[str, str]]:
    """Return kind and code of each change."""
    return [(one["loai"].removeprefix("dossier."), one["ma"]) for one in page["thayDoi"]]


def say(door: PartnerGateway, path: str, **body: Any) -> str:
    """Say something as the province; return the id of the message."""
    reply = door.call(
        "POST",
        f"/v1/dossiers/{NUMBER}/{path}",
        json.dumps(BY_PROVINCE | body).encode(),
        Content_Type="application/json",
    )
    assert reply.status == 202, reply.data
    door.ward.settle()
    message: str = json.loads(reply.data)["maThongDiep"]
    return message


def result_file(door: PartnerGateway) -> dict[str, str]:
    """Send a file ahead; return how a call names it."""
    sent = door.call("POST", "/v1/files", b"%PDF-1.4 result", Content_Type="application/pdf")
    sha256 = json.loads(sent.data)["maBamTep"]
    return {"tenTep": "a.pdf", "loaiTep": "application/pdf", "maBamTep": sha256}


def test_every_kind_of_change_is_told_in_its_order(door: PartnerGateway) -> None:
    """State, payment, result, corrected procedure; each with the message that caused it."""
    door.ward.accept(reception(BIRTH))
    at = (MONDAY + timedelta(hours=1)).isoformat()
    right = say(
        door, "procedure-corrections", thoiDiemXuLy=at, maTTHCSai=BIRTH, maTTHCDung="1.000894"
    )
    notice = {"soThongBao": "1", "loaiThue": "Lệ phí", "soTien": 1000}
    paid = say(door, "payment-requests", ngayThongBao=at, thongBaoThue=[notice])
    later = (MONDAY + timedelta(hours=2)).isoformat()
    say(door, "statuses", trangThai=4, thoiDiemXuLy=later)
    done = say(door, "results", ngayKetThuc=later, tepDinhKem=[result_file(door)])
    page = read(door)
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


def test_steps_of_the_town_are_told_with_the_status_that_they_mean(door: PartnerGateway) -> None:
    """One that comes early is told when it is applied."""
    transferred(door.ward)
    before = read(door)["tiepTheo"]
    door.ward.accept(town(2, TownStep.AWAITING_SUPPLEMENT))
    assert read(door, f"?after={before}")["thayDoi"] == []
    door.ward.accept(town(1, TownStep.ACCEPTED))
    assert told(read(door, f"?after={before}")) == [
        ("step_reported", TownStep.ACCEPTED.value),
        ("status_changed", "4"),
        ("step_reported", TownStep.AWAITING_SUPPLEMENT.value),
        ("supplement_requested", "5"),
    ]


def test_event_that_is_not_applied_is_no_change(door: PartnerGateway) -> None:
    """It stands in the timeline with its reason."""
    door.ward.accept(reception(BIRTH))
    door.ward.accept(progress(Status.FINISHED, 2))
    cursor = read(door)["tiepTheo"]
    door.ward.accept(progress(Status.PROCESSING, 1))
    assert read(door, f"?after={cursor}")["thayDoi"] == []


def test_result_that_comes_behind_its_status_is_told_for_its_files(door: PartnerGateway) -> None:
    """The status is refused as a repeat, but there are files that the reader does not have."""
    door.ward.accept(reception(BIRTH))
    door.ward.accept(progress(Status.FINISHED, 2))
    cursor = read(door)["tiepTheo"]
    at = (MONDAY + timedelta(hours=3)).isoformat()
    say(door, "results", ngayKetThuc=at, tepDinhKem=[result_file(door)])
    assert told(read(door, f"?after={cursor}")) == [("result_issued", "9")]


def test_reader_goes_on_page_by_page_and_a_known_page_is_304(door: PartnerGateway) -> None:
    """`tiepTheo` is a place for later, too."""
    door.ward.accept(reception(BIRTH))
    for hours, status in ((1, Status.PROCESSING), (2, Status.FINISHED)):
        door.ward.accept(progress(status, hours))
    whole = read(door)
    first = read(door, "?limit=2")
    assert first["conTiep"] is True
    rest = read(door, f"?limit=2&after={first['tiepTheo']}")
    assert first["thayDoi"] + rest["thayDoi"] == whole["thayDoi"]
    assert rest["tiepTheo"] == whole["tiepTheo"] == whole["thayDoi"][-1]["viTri"]
    reply = door.call("GET", "/v1/changes")
    known = door.call("GET", "/v1/changes", If_None_Match=reply.headers["ETag"])
    assert known.status == 304


def test_client_reads_changes_of_its_agencies_only(door: PartnerGateway) -> None:
    """And none without the right."""
    door.ward.accept(reception(BIRTH))
    door.ward.accept(reception(BIRTH, OTHER.replace("H57", "H58")))
    key = door.add_client("one", operations=RIGHTS, agencies=frozenset({"000.99.01.H58"}))
    page = read(door, key=key)
    assert [one["maHoSo"] for one in page["thayDoi"]] == [OTHER.replace("H57", "H58")]
    none = door.add_client("none", operations=frozenset({"dossiers.read"}))
    assert door.call("GET", "/v1/changes", Authorization=none).status == 403


def test_changes_hold_no_personal_data(door: PartnerGateway) -> None:
    """The number and codes; neither applicant nor officer nor note."""
    door.ward.accept(reception(BIRTH))
    page = json.dumps(read(door), ensure_ascii=False)
    said = reception(BIRTH)
    for word in (said.applicant.name, said.applicant.identity_number, said.officer):
        assert word not in page


def test_cursor_of_before_a_restore_is_answered_with_where_to_begin(door: PartnerGateway) -> None:
    """410 with a cursor that works, in both languages."""
    door.ward.accept(reception(BIRTH))
    before = read(door)["tiepTheo"]
    with door.ward.store.write() as tx:
        numbering.begin_epoch(tx, now=now())
    door.ward.accept(progress(Status.PROCESSING, 1))
    ChangeFeed(door.ward.store, clock=now).run_once()
    reply = door.call("GET", f"/v1/changes?after={before}")
    problem = json.loads(reply.data)
    assert (reply.status, problem["code"]) == (410, "changes_restarted")
    assert problem["title"] != problem["title_en"]
    assert problem["batDauLai"] in problem["detail"]
    assert told(read(door, f"?after={problem['batDauLai']}")) == [("status_changed", "4")]


@pytest.mark.parametrize("query", ["after=nonsense", "after=%00", "limit=0", "limit=1001", "sau=x"])
def test_query_that_the_feed_does_not_know_is_refused_by_its_field(
    door: PartnerGateway, query: str
) -> None:
    """422 with the field's name."""
    reply = door.call("GET", f"/v1/changes?{query}")
    problem = json.loads(reply.data)
    assert (reply.status, problem["code"]) == (422, "call_invalid")
    assert query.partition("=")[0] in problem["where"]


def test_erased_dossier_leaves_the_feed_and_a_reader_behind_is_told(door: PartnerGateway) -> None:
    """Nothing may be said about it any more."""
    door.ward.accept(reception(BIRTH))
    door.ward.accept(progress(Status.REFUSED, 1))
    door.ward.accept(reception(BIRTH, OTHER))
    cursor = read(door)["tiepTheo"]
    with door.ward.store.write() as tx:
        assert erasing.erase(tx, NUMBER, now=now())
    page = read(door)
    assert {one["maHoSo"] for one in page["thayDoi"]} == {OTHER}
    assert page["daLuuTruDen"]
    assert "daLuuTruDen" not in read(door, f"?after={cursor}")

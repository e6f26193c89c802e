"""`/v1/webhooks`: the owner sees how its webhooks do, sends again and tests; nobody else does."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway.partner_gateway import PartnerGateway, open_partner_gateway
from tests.support.gateway.webhooks import CLIENT, A, WebhookStage, webhook_stage

OWN = frozenset({"webhooks.read", "webhooks.replay"})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartnerGateway]:
    """The gateway over an empty ward of either database."""
    on_server = request.param == "postgresql"
    url = request.getfixturevalue("migrated_postgres_url") if on_server else ""
    with open_partner_gateway(tmp_path, url=url) as opened:
        yield opened


@pytest.fixture
def stage(gateway: PartnerGateway, tmp_path: Path) -> Iterator[WebhookStage]:
    """A webhook of a client of that gateway."""
    with webhook_stage(gateway.ward.store, tmp_path) as opened:
        yield opened


def call(
    gateway: PartnerGateway, stage: WebhookStage, method: str, path: str = "", body: object = None
) -> tuple[int, dict[str, Any]]:
    """Call as the owner."""
    sent = b"" if body is None else json.dumps(body).encode()
    reply = gateway.call(
        method,
        f"/v1/webhooks{path}",
        sent,
        Authorization=f"Bearer {stage.key}",
        Content_Type="application/json",
    )
    return reply.status, json.loads(reply.data)


def test_owner_sees_backlog_last_success_and_last_failure(
    gateway: PartnerGateway, stage: WebhookStage
) -> None:
    """While it fails and when it is well again; no secret is in it."""
    stage.change(A, "1")
    stage.role.run_once()
    stage.receiver.answer = lambda _: 403
    stage.change(A, "2", "3")
    stage.role.run_once()
    status, shown = call(gateway, stage, "GET", f"/{stage.id}")
    assert status == 200
    assert (shown["tinhTrang"], shown["soSuKienCho"], shown["maLoi"]) == (
        *("paused", 2, "partner_forbidden"),
    )
    assert shown["thanhCongLanCuoi"]
    assert shown["loiLanCuoi"] == shown["loiTu"]
    assert shown["thuLaiLuc"]
    assert "whsec_" not in json.dumps(shown)
    stage.receiver.answer = lambda _: 200
    stage.pass_time(minutes=1)
    stage.role.run_once()
    _, listed = call(gateway, stage, "GET")
    (shown,) = listed["webhook"]
    assert (shown["tinhTrang"], shown["soSuKienCho"]) == ("sending", 0)
    assert "loiTu" not in shown


def test_owner_sends_a_stretch_again_by_cursor_and_by_time(
    gateway: PartnerGateway, stage: WebhookStage
) -> None:
    """From and until; a second one while the first is under way is 409."""
    stage.change(A, "1", "2", "3")
    stage.role.run_once()
    places = [it.event["data"]["viTri"] for it in stage.receiver.taken]
    path = f"/{stage.id}/replays"
    asked = {"after": places[0], "until": places[1]}
    status, shown = call(gateway, stage, "POST", path, asked)
    assert (status, shown["dangGuiLai"]) == (202, True)
    status, problem = call(gateway, stage, "POST", path, asked)
    assert (status, problem["code"]) == (409, "replay_under_way")
    stage.role.run_once()
    assert [it.code for it in stage.receiver.taken] == ["1", "2", "3", "2"]
    since = (stage.time - timedelta(minutes=1)).isoformat()
    status, _ = call(gateway, stage, "POST", path, {"tuThoiDiem": since})
    assert status == 202
    stage.role.run_once()
    assert [it.code for it in stage.receiver.taken[4:]] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"after": "nonsense"}, 422, "call_invalid"),
        ({"tuThoiDiem": "2026-11-28"}, 422, "call_invalid"),
        ({"tu": "x"}, 422, "call_invalid"),
        ({"tuThoiDiem": "2999-01-01T00:00:00+07:00"}, 422, "call_invalid"),
        ({"after": "aaaaaaaa-1"}, 410, "changes_restarted"),
    ],
)
def test_replay_that_is_none_is_refused(
    gateway: PartnerGateway, stage: WebhookStage, body: object, status: int, code: str
) -> None:
    """By field, and nothing is sent."""
    found, problem = call(gateway, stage, "POST", f"/{stage.id}/replays", body)
    assert (found, problem["code"]) == (status, code)


def test_owner_has_a_test_event_sent(gateway: PartnerGateway, stage: WebhookStage) -> None:
    """Its id is in the answer, its outcome in the state."""
    status, answer = call(gateway, stage, "POST", f"/{stage.id}/tests")
    assert status == 202
    stage.role.run_once()
    assert [it.id for it in stage.receiver.taken] == [answer["maSuKien"]]
    _, shown = call(gateway, stage, "GET", f"/{stage.id}")
    assert shown["thuLuc"]


def test_webhook_of_another_client_does_not_exist(
    gateway: PartnerGateway, stage: WebhookStage
) -> None:
    """The province may everything, but this webhook is not its own."""
    for method, path in (("GET", ""), ("POST", "/replays"), ("POST", "/tests")):
        reply = gateway.call(method, f"/v1/webhooks/{stage.id}{path}", b"")
        assert (reply.status, json.loads(reply.data)["code"]) == (404, "webhook_unknown")
    assert json.loads(gateway.call("GET", "/v1/webhooks").data) == {"webhook": []}
    none = gateway.add_client("none", operations=frozenset({"changes.read"}))
    assert gateway.call("GET", "/v1/webhooks", Authorization=none).status == 403


def test_acts_of_the_owner_stand_in_the_audit(gateway: PartnerGateway, stage: WebhookStage) -> None:
    """Under its name."""
    call(gateway, stage, "POST", f"/{stage.id}/tests")
    with gateway.ward.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT actor, action FROM audit ORDER BY seq").all()
    assert (CLIENT, "webhooks.test") in [tuple(row) for row in rows]

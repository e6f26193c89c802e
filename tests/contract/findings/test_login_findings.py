"""A pause that only a person can end is one task, on both databases, and ends with its cause."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from hub.exchange.admission.login_tasks import close_findings, raise_finding
from hub.operations.watchers.replies.login_findings import LoginFindings
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import Pause
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.schema.tables.repair import tasks as table
from tests.support.circuits import NOW

PAUSE = Pause(
    destination="provincial",
    operation="province.dossier",
    kind="circuit",
    phase="open",
    openings=1,
    since=NOW,
    until=NOW + timedelta(minutes=5),
    expires_at=NOW + timedelta(minutes=6),
    code="partner_forbidden",
    reason_vi="",
    reason_en="",
)
OTHER = replace(PAUSE, operation="province.progress")


def opened(store: Store) -> list[tuple[str, str, str]]:
    """Return the open tasks."""
    with store.read() as tx:
        return [(it.kind, it.subject, it.destination) for it in tasks.still_open(tx)]


def test_a_missing_right_is_one_task_for_all_operations(store: Store) -> None:
    """In the officer's words and in the operator's; posted again it stays one."""
    with store.write() as tx:
        assert raise_finding(tx, PAUSE, NOW)
        assert not raise_finding(tx, OTHER, NOW)
        assert not raise_finding(tx, PAUSE, NOW)
    assert opened(store) == [("partner_access", "partner_forbidden", "provincial")]
    with store.read() as tx:
        (task,) = tx.execute(sa.select(table)).all()
    assert "Sending to the province is paused" in task.detail
    assert "Ask" in task.repair or "ask the partner" in task.repair


def test_a_pause_that_ends_by_itself_is_no_task(store: Store) -> None:
    """A partner that is busy or away comes back without anybody."""
    with store.write() as tx:
        for code in ("partner_busy", "partner_unreachable", "reply_timeout", ""):
            assert not raise_finding(tx, replace(PAUSE, code=code), NOW)
    assert opened(store) == []


def test_the_task_ends_when_the_last_pause_with_its_code_is_lifted(store: Store) -> None:
    """Not before; and not by a pause for another reason."""
    with store.write() as tx:
        for pause in (PAUSE, OTHER):
            pauses.post(tx, pause)
            raise_finding(tx, pause, NOW)
        pauses.change(tx, "provincial", [], [PAUSE.operation], now=NOW)
        assert close_findings(tx, "provincial", NOW) == 0
    with store.write() as tx:
        pauses.post(tx, replace(PAUSE, code="partner_busy"))
        pauses.change(tx, "provincial", [], [OTHER.operation], now=NOW)
        assert close_findings(tx, "provincial", NOW) == 1
    assert opened(store) == []


def test_the_timer_closes_what_waited_longer_than_its_pause(store: Store) -> None:
    """A pause that nobody heeds any more is none; without one and without a delivery it is gone."""
    with store.write() as tx:
        pauses.post(tx, PAUSE)
        raise_finding(tx, PAUSE, NOW)
    findings = LoginFindings(store=store)
    assert findings.check(NOW) == 0
    assert findings.check(PAUSE.expires_at + timedelta(seconds=1)) == 1
    assert opened(store) == []
    assert findings.check(NOW) == 0


def test_a_login_that_is_accepted_again_closes_its_task_at_the_first_call(store: Store) -> None:
    """Although only a few calls go out at once then; the pause that ramps opens none again."""
    wrong = replace(PAUSE, code="partner_login")
    ramping = replace(wrong, phase="ramping")
    with store.write() as tx:
        pauses.post(tx, wrong)
        assert raise_finding(tx, wrong, NOW)
        assert close_findings(tx, "provincial", NOW) == 0
        pauses.post(tx, ramping)
        assert close_findings(tx, "provincial", NOW) == 1
        assert not raise_finding(tx, ramping, NOW)
    assert opened(store) == []

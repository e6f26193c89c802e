"""A partner whose address is missing while deliveries for it wait is told everywhere, loudly."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.exchange.outbox.emit import emit
from hub.preflight.partners import unconnected
from hub.rules.deliveries.states import DeliveryState as S
from hub.runtime import health
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from tests.support.works import now, step


def waiting(store: Store, count: int) -> None:
    """Let deliveries for the province wait."""
    with store.write() as tx:
        emit(tx, [step(n, 1) for n in range(count)], now())


def settings(directory: Path, province: str = "") -> Settings:
    """Return the settings of the installation; nobody listens at its port."""
    return Settings(
        data_dir=str(directory), province_password="x", province_url=province, http_port=1
    )


def test_what_waits_for_a_partner_without_an_address_is_told(
    installed: Store, tmp_path: Path
) -> None:
    """By doctor, attention, tasks and health, with the number and the setting."""
    waiting(installed, 14)
    (check,) = unconnected(settings(tmp_path))
    assert (check.subject, check.ok) == ("provincial", False)
    assert check.detail == "not connected (HUB_PROVINCE_URL is not set), 14 pending"
    assert "HUB_PROVINCE_URL" in check.fix
    for words in (["deliveries", "attention"], ["tasks"]):
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 0
        assert "not connected (HUB_PROVINCE_URL is not set), 14 pending" in told.output
    assert any("14 pending" in text for text in health.problems(settings(tmp_path), now=utc_now()))


def test_a_partner_that_was_connected_and_is_not_is_told_though_nothing_waits(
    installed: Store, tmp_path: Path
) -> None:
    """The start warns before the first delivery is stuck."""
    waiting(installed, 1)
    with installed.write() as tx:
        transitions.claim(tx, [1], "provincial", now=now(), lease_until=now())
        transitions.deliver(tx, [(1, "")], now=now(), from_state=S.SENDING)
    (check,) = unconnected(settings(tmp_path))
    assert "0 pending; 1 were delivered there before" in check.detail


@pytest.mark.parametrize("connected", [True, False])
def test_a_connected_partner_and_one_that_never_was_are_no_finding(
    installed: Store, tmp_path: Path, connected: bool
) -> None:
    """Nothing is said where nothing is wrong."""
    if connected:
        waiting(installed, 1)
    address = "http://127.0.0.1:1" if connected else ""
    assert list(unconnected(settings(tmp_path, address))) == []

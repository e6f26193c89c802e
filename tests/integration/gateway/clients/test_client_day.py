"""A day of a client, as the runbook tells it: `hub clients` on one side, calls on the other."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.rules.clients import api_keys
from hub.store.engine.store import Store
from tests.support.gateway.client_gateway import Gateway, bearer

CLIENT = "province-portal"
RIGHTS = ("--operation", "messages.accept", "--agency", "000.99.01.H57")


@pytest.fixture
def gateway(tmp_path: Path, installed: Store) -> Iterator[Gateway]:
    """A gateway over the store that the commands look at."""
    made = Gateway(tmp_path, installed)
    yield made
    made.stop()


class Day:
    """What an operator does and what the client then gets; each act holds after a second."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway = gateway
        self.folder = folder

    def act(self, *words: str, reason: str) -> str:
        """Run a command of `hub clients`; return what it printed."""
        by = ("--actor", "Trần Thị Bình", "--reason", reason, "--json")
        done = CliRunner().invoke(app, ["clients", *words, *by])
        assert done.exit_code == 0, done.output
        self.gateway.ahead += timedelta(seconds=2)
        return done.output

    def key(self, name: str, *words: str, reason: str) -> str:
        """Issue a key into a file; return the key."""
        place = self.folder / name
        printed = self.act(*words, "--secret-file", str(place), reason=reason)
        text = place.read_text().strip()
        assert text not in printed
        return text

    def call(self, key: str) -> int:
        """Call with a key; return the status."""
        return self.gateway.post(bearer(key))[0]

    def secrets(self) -> dict[str, bool]:
        """Return the live secrets by prefix, and whether each was used."""
        listed = CliRunner().invoke(app, ["clients", "list", "--json"])
        clients = json.loads(listed.stdout)["clients"]
        return {
            secret["prefix"]: bool(secret["last_used_at"])
            for client in clients
            for secret in client["secrets"]
        }


def prefix(key: str) -> str:
    """Return what names a key without its secret."""
    read = api_keys.read(key)
    assert read is not None
    return read.prefix


def test_day_of_a_client_from_added_to_denied_stands_in_the_audit(
    gateway: Gateway, tmp_path: Path
) -> None:
    """Add, call, rotate with both secrets live, retire the old one, retire the client, denied."""
    day = Day(gateway, tmp_path)
    old = day.key("portal.key", "add", CLIENT, *RIGHTS, reason="kết nối cổng tỉnh")
    assert day.call(old) == 202
    new = day.key("portal-2.key", "rotate", CLIENT, reason="đổi khóa hằng năm")
    assert day.secrets() == {prefix(old): True, prefix(new): False}
    assert (day.call(old), day.call(new)) == (202, 202)
    assert day.secrets() == {prefix(old): True, prefix(new): True}
    day.act("retire", CLIENT, "--secret", prefix(old), reason="đã đổi xong")
    assert (day.call(old), day.call(new)) == (401, 202)
    day.act("retire", CLIENT, reason="cổng tỉnh ngừng")
    assert day.call(new) == 401
    assert day.secrets() == {}
    assert story(gateway) == [
        (CLIENT, "gateway.messages.accept", True, prefix(old)),
        (CLIENT, "gateway.messages.accept", True, prefix(old)),
        (CLIENT, "gateway.messages.accept", True, prefix(new)),
        ("127.0.0.1", "gateway.messages.accept", False, ""),
        (CLIENT, "gateway.messages.accept", True, prefix(new)),
        ("127.0.0.1", "gateway.messages.accept", False, ""),
    ]
    assert acts(gateway) == [
        ("clients.add", "kết nối cổng tỉnh"),
        ("clients.rotate", "đổi khóa hằng năm"),
        ("clients.retire", "đã đổi xong"),
        ("clients.retire", "cổng tỉnh ngừng"),
    ]


def story(gateway: Gateway) -> list[tuple[str, str, bool, str]]:
    """Return the calls as the audit has them: who, what, allowed, by which key."""
    return [
        (actor, action, allowed, reason.split("key ")[1][:8] if allowed else "")
        for actor, action, allowed, reason in gateway.audited()
    ]


def acts(gateway: Gateway) -> list[tuple[str, str]]:
    """Return what the operator did, with the reasons."""
    with gateway.store.read() as tx:
        rows = tx.exec_driver_sql("SELECT actor, action, reason FROM audit ORDER BY seq").all()
    return [(row[1], row[2]) for row in rows if row[1].startswith("clients.")]

"""`hub alerts test` says what became of each channel and of the heartbeat, why, what to do."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import hub.cli
from hub.cli.alerts.channel_faults import cause_of, to_do_about
from hub.drill.sandbox import loopback
from hub.ports.alerts import ChannelFailed
from tests.support.documents.sources import ROOT
from tests.support.network.webhook_receiver import receiving

FILE = """
[[channel]]
name = "{name}"
kind = "mail"
host = "127.0.0.1"
port = {port}
tls = "none"
from = "a@example.vn"
to = ["b@example.vn"]
"""


def test_each_channel_and_the_heartbeat_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With outcome, code, cause and what to do; the token of the address is in no line."""
    file = tmp_path / "alerts.toml"
    file.write_text(FILE.format(name="mail", port=loopback.free_port()))
    monkeypatch.setenv("HUB_ALERTS_FILE", str(file))
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    with receiving() as service:
        monkeypatch.setenv("HUB_HEARTBEAT_URL", f"{service.url}/ping/a-token")
        mail, heartbeat = tried()
        service.answer = lambda _: "drop"
        _, lost = tried()
        assert len(service.requests) == 2
        assert len(tried("mail")) == 1
        assert len(service.requests) == 2
    assert (mail["outcome"], mail["code"]) == ("refused", "mail_unreachable")
    assert mail["cause"]
    assert mail["what_to_do"]
    assert (heartbeat["channel"], heartbeat["outcome"]) == ("HUB_HEARTBEAT_URL", "sent")
    assert lost["outcome"] == "unknown"
    assert "a-token" not in json.dumps([mail, heartbeat, lost])


def tried(*channel: str) -> list[dict[str, str]]:
    """Return what the command says of each."""
    done = CliRunner().invoke(hub.cli.app, ["alerts", "test", *channel, "--json"])
    assert done.exit_code == 1, done.output
    found: list[dict[str, str]] = json.loads(done.stdout)["channels"]
    return found


def test_every_code_of_a_channel_has_its_words() -> None:
    """A code without words would end the command with a fault of its own."""
    sources = [*(ROOT / "adapters/alerts").glob("*.py"), ROOT / "hub/operations/alerts/sending.py"]
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    words = (ROOT / "hub/texts/channel_faults.toml").read_text(encoding="utf-8")
    codes = set(re.findall(r"^\[([a-z_]+?)\]$", words, flags=re.MULTILINE))
    codes = {it for it in codes if not it.endswith("_to_do")}
    in_code = r'"((?:mail|chat)_[a-z_]+|secret_unreadable|channel_missing)"'
    assert set(re.findall(in_code, written)) == codes
    for code in codes:
        assert cause_of(ChannelFailed(code, "x")).en.endswith("(x)")
        assert to_do_about(ChannelFailed(code))

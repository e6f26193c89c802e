"""Every command of README and RUNBOOK is run as it stands there."""

import re
import shlex
import traceback
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.edge.credential import Credential, save
from hub.operations.deliveries import pausing
from hub.store.engine.store import Store
from tests.support.documents.commands import README, RUNBOOK, commands, of_the_hub, operator_name
from tests.support.documents.compose_rules import Session
from tests.support.network.certificates import Authority
from tests.support.services import RabbitService

STANDS_FOR = {
    "N": "1",
    "ID": "0190d6c0-0000-7000-8000-000000000001",
    "NUMBER": "000.99.01.H57-180806-0001",
    "PARTNER": "provincial",
    "CODE": "999",
}
"""Words that an operator replaces."""
CONTAINER = "/tmp/"  # noqa: S108 - the one in the documents
PERSONS = (
    "binh --full-name 'Trần Thị Bình' --role operator --new-key-file binh.key",
    "an --full-name 'Lê Văn An' --role head --new-key-file an.key --as binh --key-file binh.key",
)
"""Accounts with which the runbook's commands name who acts."""
LONG = {"run", "broker node", "simulate"}
"""Run until they are stopped, see test_first_hour.py and the tests of the simulators."""
AT_A_WORKSTATION = {"edge refused", "edge resend", "edge discard"}
SHORTER = {
    "demo": ["--dossiers", "2", "--broker", "memory"],
    "devices discover": ["--seconds", "1"],
    "devices discover --network 192.0.2.0/28": ["--seconds", "1"],
}
"""The same with less to do; tests/e2e/test_pilot.py replays the whole pilot on RabbitMQ."""


def documented() -> list[list[str]]:
    """Return the words behind `hub` of every command, also of those for a container."""
    found, session = [], Session()
    for command in [it for text in (README, RUNBOOK) for it in commands(text)]:
        words = of_the_hub(command)
        if words:
            found.append(words)
        elif command.startswith("docker compose ") and not command.endswith(("...", " cp")):
            session.problems(command)
    found += session.inner
    return [words for number, words in enumerate(found) if words not in found[:number]]


@pytest.fixture
def operator(installed: Store, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """An operator at an installation, in a directory with the documents' files."""
    place = Path(installed.engine.url.database or "").parent
    monkeypatch.setenv("HUB_PROVINCE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HUB_PROVINCE_PASSWORD", "nobody is there")
    monkeypatch.setenv("HUB_OPERATOR", operator_name())
    monkeypatch.setattr(pausing, "IN_FORCE", timedelta())  # nobody else is at work here
    monkeypatch.chdir(place)
    for name in ("tinh.csv", "thi-xa.csv"):
        (place / name).write_text("MaHoSo\n000.99.01.H57-261123-0001\n", encoding="utf-8")
    (place / "c.json").write_text("{}", encoding="utf-8")
    for label in ("tinh", "town"):
        Authority(place).pair(label)
    return CliRunner()


@pytest.fixture
def broker(rabbit: RabbitService, rabbit_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker of the installation, for the commands that talk to it."""
    monkeypatch.setenv("HUB_BROKER_URL", rabbit_url)
    monkeypatch.setenv("HUB_BROKER_MANAGEMENT_URL", rabbit.management_url)


@pytest.mark.parametrize("words", documented(), ids=" ".join)
def test_a_documented_command_is_understood_and_ends_in_a_sentence(
    operator: CliRunner,
    words: list[str],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On an installation without that delivery or list it may say no (1); it never is a wrong
    command (2) or a traceback. A name alone, `hub deliveries cancel`, may ask for what is
    missing."""
    if {words[0], " ".join(words[:2])} & LONG:
        pytest.skip("runs until it is stopped")
    if words[0] == "topology":
        request.getfixturevalue("broker")
    if "--key-file" in words:
        for person in PERSONS:
            added = operator.invoke(app, shlex.split(f"users add {person} --reason 'bắt đầu'"))
            assert added.exit_code == 0, added.output
    if " ".join(words[:2]) in AT_A_WORKSTATION:
        place = Path.cwd() / "edge"
        save(place, Credential(url="http://127.0.0.1:1", agent="quay-2", key="k"))
        monkeypatch.setattr("hub.cli.edge.place.default_directory", lambda: place)
    # A container's /tmp is the directory of this test.
    arguments = [STANDS_FOR.get(word, word).replace(CONTAINER, "") for word in words]
    arguments += SHORTER.get(" ".join(words), [])
    result = operator.invoke(app, arguments)
    told = "".join(traceback.format_exception(result.exception)) if result.exception else ""
    assert result.exception is None or isinstance(result.exception, SystemExit), told
    only_named = all(word.replace("-", "").isalpha() for word in words)
    if not (result.exit_code == 2 and only_named):
        assert result.exit_code in (0, 1), result.output
    assert not re.search("There is no (command|option)", result.output)
    assert result.output.strip()

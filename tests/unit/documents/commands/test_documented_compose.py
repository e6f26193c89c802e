"""The documents' commands for containers can work with the compose file as it is."""

import pytest

from tests.support.documents.commands import README, RUNBOOK, block, blocks, commands, lines
from tests.support.documents.compose_rules import Session

COMPOSE = "docker compose "


@pytest.mark.parametrize("text", [README, RUNBOOK], ids=["README", "RUNBOOK"])
def test_every_block_for_containers_can_work_line_by_line(text: str) -> None:
    """Each line after the ones before it: nothing is executed in what was stopped above."""
    for found in blocks(text):
        session = Session()
        for line in lines(found):
            if line.startswith(COMPOSE):
                assert session.problems(line) == [], line


@pytest.mark.parametrize("text", [README, RUNBOOK], ids=["README", "RUNBOOK"])
def test_every_command_for_containers_in_the_text_can_work(text: str) -> None:
    """`...` stands for a command of the hub."""
    found = [it for it in commands(text) if it.startswith(COMPOSE) and it != "docker compose cp"]
    assert found
    for command in found:
        assert Session().problems(command.replace("...", "doctor")) == [], command


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["docker compose cp FILE timer:/tmp/"], "cp: not known"),
        (["docker compose exec -T timer sh -c 'cat >/etc/list' <list"], "/etc/list is read-only"),
        (["docker compose stop", "docker compose exec timer hub doctor"], "timer is stopped"),
        (["docker compose exec timers hub deliveries attention"], "no service timers"),
        (["docker compose --profile drills up"], "no profile drills"),
        (["docker compose exec postgres hub deliveries attention"], "hub is not in the image"),
        (
            ["docker compose exec --user root timer hub deliveries attention"],
            "exec has no option --user",
        ),
    ],
)
def test_what_cannot_work_is_found(lines: list[str], problem: str) -> None:
    """The mistakes that were in the documents once, and their kind."""
    session = Session()
    found = [text for line in lines for text in session.problems(line)]
    assert any(problem in text for text in found), found


def test_a_restore_in_containers_stops_every_role_and_starts_them_again() -> None:
    """A role that is forgotten would send from the old copy before the partners are asked."""
    session = Session()
    for line in lines(block(RUNBOOK, "pg_restore")):
        session.problems(line)
        if "pg_restore" in line:
            roles = {"gateway", "receive", "relay", "deliver", "reconcile", "timer", "sources"}
            assert session.stopped == roles
    assert session.stopped == set()

"""Every command of the documents is typed by a test, or is on the list with the reason why not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.integration.cli.documents import test_boot
from tests.integration.cli.documents import test_documented_commands as commands_of_hub
from tests.support.documents import commands as documents
from tests.support.documents.commands import ROOT, blocks, commands, lines, of_the_hub

TYPING = ("test_first_hour.py", "test_first_dossier.py", "test_boot.py", "test_drill.py")
"""Tests in tests/integration/cli/documents that type whole blocks as they stand there."""
DOCUMENTS = ("README", "RUNBOOK", "SIMULATORS", "MESSAGES")
NO_ENGINE = "docker compose "
"""There is no container engine here: test_documented_compose.py holds each command against the
compose file, and the commands of the hub inside are run by test_documented_commands.py."""
NOT_TYPED = {
    "HUB_ALERTS_FILE=/etc/hub/alerts.toml hub alerts watch --url http://trungtam:8082/readyz": (
        "watches until it is stopped: tests/contract/alerts/test_outside.py"
    ),
    "script/demo": "tests/e2e runs the demo",
    "script/test": "would run this test",
    "script/screenshots": "a drill of some minutes; a person looks at the pictures",
    "script/test matrix": "takes an hour; tests/unit/tiers/test_matrix_results.py has its parts",
    "cp --no-clobber .env.drill .env": "belongs to containers",
    "cp --no-clobber .env.example .env": "belongs to containers",
    "adduser --system --group --home /var/lib/hub hub": "would change the machine's users",
    "chown --recursive hub:hub /etc/one-stop-hub/secrets": "needs that user",
    "systemctl enable --now one-stop-hub": "no systemd runs here; test_boot_unit.py reads the unit",
    "systemctl enable --now hub-screen": "a kiosk's own machine; test_boot_unit.py reads the unit",
    "useradd --system --user-group --home-dir /var/lib/hub-watch hub-watch": "as adduser above",
    "cp --no-clobber script/systemd/watch.example /etc/one-stop-hub/watch": "test_boot_unit.py",
    "cp script/systemd/one-stop-hub-watch.service /etc/systemd/system/": "test_boot_unit.py",
    "systemctl enable --now one-stop-hub-watch": "test_boot_unit.py reads the unit",
    "useradd --system --user-group --create-home --home-dir /var/lib/one-stop-hub-edge hub-edge": (
        "as adduser above"
    ),
    "chmod 0700 /var/lib/one-stop-hub-edge": "needs that user",
    "cd /opt/one-stop-hub && script/setup workstation": "a part of script/setup",
    "mkdir --parents /etc/one-stop-hub-edge": "belongs to a workstation",
    "runuser -u hub-edge -- .venv/bin/hub edge enroll https://hub.ward.example abcd-efgh-2345 "
    "--devices /etc/one-stop-hub-edge/devices.toml --budget-mb 4096": (
        "needs that user; tests/integration/edge enrols agents"
    ),
    "cp script/systemd/one-stop-hub-edge.service /etc/systemd/system/": "test_boot_unit.py",
    "systemctl enable --now one-stop-hub-edge": "test_boot_unit.py reads the unit",
    "systemctl edit one-stop-hub-edge": "an editor, at a systemd that runs",
    "runuser -u hub-edge -- .venv/bin/hub edge status": "needs that user",
    "journalctl --unit one-stop-hub --lines 20": "no systemd runs here",
    "systemctl status": "no systemd runs here",
    "systemctl edit one-stop-hub": "an editor, at a systemd that runs",
    "curl -u province-portal:hub_... -d grant_type=client_credentials "
    "https://hub.example.vn/oauth2/token": "a client of OAuth 2.0 does it: test_oauth_tokens.py",
    "curl -u province-portal:hub_... -d token=hubt_... "
    "https://hub.example.vn/oauth2/revoke": "a client of OAuth 2.0 does it: test_oauth_tokens.py",
    "curl -u province-portal:hub_... -d token=hubt_... "
    "https://hub.example.vn/oauth2/introspect": "a client of OAuth 2.0 does it, too",
    "git pull": "would change the tree under the tests",
    "script/setup": "ran before the tests",
}
_PROGRAMS = re.compile(r"(docker compose|script/[a-z]+|systemctl|curl|git|pg_dump|python) ?\S")


def typed() -> set[str]:
    """Return the lines of the blocks that tests type, found in the tests themselves."""
    found = set[str]()
    for name in TYPING:
        tree = ast.parse(
            (ROOT / "tests/integration/cli/documents" / name).read_text(encoding="utf-8")
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "block":
                document, phrase = map(ast.unparse, node.args)
                text: str = getattr(documents, document)
                found |= set(lines(documents.block(text, ast.literal_eval(phrase))))
    return {line for line in found if not line.startswith(test_boot.LEFT_OUT)}


def documented() -> Iterator[str]:
    """Yield every command: each line of a block, and each span of text that begins as one."""
    for name in DOCUMENTS:
        text: str = getattr(documents, name)
        in_blocks = {line for it in blocks(text) for line in lines(it)}
        for command in commands(text):
            whole = not command.endswith("...") and not Path(ROOT / command).suffix
            if command in in_blocks or (whole and _PROGRAMS.match(command)):
                yield command


def test_every_command_is_typed_or_named_with_a_reason() -> None:
    """None is left out, and the list names none that is typed or gone."""
    every = {it for it in documented() if of_the_hub(it) is None and not it.startswith(NO_ENGINE)}
    left = every - typed()
    assert left - set(NOT_TYPED) == set()
    assert set(NOT_TYPED) - left == set()


def test_commands_of_the_hub_that_stay_are_typed_elsewhere() -> None:
    """They are not run one by one: a hub, a private node, a simulator."""
    assert {"run", "broker node", "simulate"} == commands_of_hub.LONG

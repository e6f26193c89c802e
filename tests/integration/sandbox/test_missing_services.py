"""What is not installed is skipped on a laptop and fails in CI, wherever a test asks for it."""

import os
import subprocess
import sys

import pytest

from hub.drill.sandbox.programs import SERVER_SETTING


@pytest.mark.parametrize(("ci", "code", "word"), [("", 0, "4 skipped"), ("true", 1, "in CI")])
def test_a_program_that_is_missing_skips_on_a_laptop_and_fails_in_ci(
    ci: str, code: int, word: str
) -> None:
    """Asked for by a fixture of one test, by that of the whole session, and by a test itself."""
    names = (
        "integration/sandbox/test_private_nodes.py::test_a_node_keeps_to_itself",
        "integration/sandbox/test_private_nodes.py::test_confirmed_messages_survive_sigkill",
        (
            "contract/rabbit/test_ownership.py::"
            "test_queues_without_an_owner_belong_to_the_first_store_that_claims_them"
        ),
        "contract/broker_admin/test_broker_topology.py::test_a_new_destination_only_adds",
    )
    tests = [f"tests/{name}" for name in names]
    environment = {**os.environ, SERVER_SETTING: "/no/such/rabbitmq-server", "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", *tests]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert word in done.stdout

"""What is not installed is skipped on a laptop and fails in CI, wherever a test asks for it."""

import os
import subprocess
import sys

import pytest

from hub.sandbox.programs import SERVER_SETTING


@pytest.mark.parametrize(("ci", "code", "word"), [("", 0, "2 skipped"), ("true", 1, "in CI")])
def test_a_program_that_is_missing_skips_on_a_laptop_and_fails_in_ci(
    ci: str, code: int, word: str
) -> None:
    """Asked for by a fixture, and by a test itself."""
    names = ("test_a_node_keeps_to_itself", "test_nodes_side_by_side_form_a_cluster")
    tests = [f"tests/integration/test_private_nodes.py::{name}" for name in names]
    environment = {**os.environ, SERVER_SETTING: "/no/such/rabbitmq-server", "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", *tests]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert word in done.stdout

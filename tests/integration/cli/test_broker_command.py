"""`hub broker node`: a node that ends is told, and comes back at the same address."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from hub.drill.sandbox import programs
from hub.drill.sandbox.kept_ports import ports_of


def started(directory: Path) -> "subprocess.Popen[str]":
    """Start the command."""
    programs.rabbitmq_server()
    return subprocess.Popen(
        [sys.executable, "-m", "hub", "broker", "node", "--directory", str(directory)],
        stdout=subprocess.PIPE,
        text=True,
    )


def addresses(command: "subprocess.Popen[str]") -> list[str]:
    """Return the two lines with which a shell takes the addresses."""
    assert command.stdout is not None
    return [command.stdout.readline(), command.stdout.readline()]


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(it) for it in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_killed_node_ends_the_command_with_a_word_and_starts_again_at_the_same_ports(
    tmp_path: Path,
) -> None:
    """Exit 3; the programs that were told the address find it again."""
    directory = tmp_path / "broker"
    first = started(directory)
    told = addresses(first)
    assert told[0].startswith("export HUB_BROKER_URL=")
    servers = [it for keeper in children(first.pid) for it in children(keeper)]
    for server in servers:
        os.kill(server, signal.SIGKILL)
    words, _ = first.communicate(timeout=60)
    assert first.returncode == 3
    assert "Start hub broker node again" in words
    second = started(directory)
    try:
        assert addresses(second) == told
    finally:
        second.terminate()
        second.communicate(timeout=60)
    assert second.returncode == 0


def test_ports_are_chosen_once_for_a_directory(tmp_path: Path) -> None:
    """And anew where the file was damaged."""
    ports = ports_of(tmp_path / "node")
    assert ports == ports_of(tmp_path / "node")
    (tmp_path / "node" / "ports").write_text("x")
    assert len(set(ports_of(tmp_path / "node"))) == 2

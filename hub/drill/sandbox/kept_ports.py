"""The ports of a private node that is started again: the same ones, kept beside its data.

Programs are told the address of a broker once. A node that came back elsewhere would be lost to
them. Whether the ports are still free is not promised: the node says so when it starts.
"""

from pathlib import Path

from hub.drill.sandbox import loopback
from hub.drill.sandbox.files import write_private

NAME = "ports"


def ports_of(directory: Path) -> tuple[int, int]:
    """Return the AMQP and the management port of the node in a directory; chosen the first time."""
    path = directory / NAME
    try:
        amqp, management = (int(word) for word in path.read_text(encoding="ascii").split())
    except (FileNotFoundError, ValueError):
        amqp, management = loopback.free_port(), loopback.free_port()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, f"{amqp} {management}")
    return amqp, management

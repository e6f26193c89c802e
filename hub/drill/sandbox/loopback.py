"""Free ports on the loopback address."""

import secrets
import socket
from pathlib import Path

HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nobody listens on now. Somebody else may take it before you do.

    Trap: it must lie below the range from which the kernel picks ports for outgoing connections.
    While a node is down, its clients keep dialling its port; from inside that range one of them is
    sooner or later given that very port as its own end, connects to itself, and the node cannot
    come back.
    """
    first = _first_outgoing_port()
    for _ in range(200):
        port = 15_000 + secrets.randbelow(first - 15_000)
        if is_free(port):
            return port
    raise OSError("no free port on the loopback address")


def first_of_free_ports(count: int) -> int:
    """Return the first of so many free ports, one after another; see `free_port`."""
    while True:
        first = free_port()
        if all(is_free(first + n) for n in range(count)):
            return first


def is_free(port: int) -> bool:
    """Tell whether a listener could be opened there now."""
    with socket.socket() as probe:
        # Servers set it too: a port whose old connections are still fading away counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _first_outgoing_port() -> int:
    try:
        text = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii")
        first = int(text.split()[0])
    except (OSError, ValueError):
        first = 32_768
    # A machine that gives out nearly every port leaves no choice but to live with the trap.
    return first if first > 16_000 else 32_768

"""A network of two: this machine as the hub, and a namespace as a workstation; its line can be cut.

Needs root and `ip` (iproute2). Nothing outside of the namespace and its pair of interfaces is
touched, and both are gone at the end.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hub.drill.sandbox.programs import MissingProgram

PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class WorkstationNet:
    """A line between two addresses."""

    namespace: str
    hub_side: str
    """Interface at the hub."""
    hub_address: str

    def cut(self) -> None:
        """Cut the line: packets get lost, nobody is told."""
        _ip("link", "set", self.hub_side, "down")

    def restore(self) -> None:
        """Have the line carry again."""
        _ip("link", "set", self.hub_side, "up")

    def command(self, *words: str) -> list[str]:
        """Return a command line that runs at the workstation."""
        return ["ip", "netns", "exec", self.namespace, *words]


@contextmanager
def workstation_net() -> Iterator[WorkstationNet]:
    """Make the network. Raises MissingProgram where that is not possible."""
    if os.geteuid() != 0 or shutil.which("ip", path=PATH) is None:
        raise MissingProgram("ip netns", "root and iproute2 are needed")
    name, octet = f"hubedge{os.getpid()}", os.getpid() % 250 + 1
    ours, theirs = f"he{os.getpid()}a", f"he{os.getpid()}b"
    network = f"10.231.{octet}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("addr", "add", f"{network}.1/24", "dev", ours)
        _ip("-n", name, "addr", "add", f"{network}.2/24", "dev", theirs)
        for words in (("link", "set", ours, "up"), ("-n", name, "link", "set", theirs, "up")):
            _ip(*words)
        yield WorkstationNet(name, ours, f"{network}.1")
    finally:
        _ip("netns", "del", name)  # with its end the pair goes


def _ip(*words: str) -> None:
    run: Sequence[str] = ("ip", *words)
    told = subprocess.run(
        run, env={"PATH": PATH}, capture_output=True, text=True, timeout=20, check=False
    )
    if told.returncode:
        raise MissingProgram(" ".join(run), told.stderr.strip())

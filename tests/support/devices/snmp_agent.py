"""Debian's snmpd on a port of loopback, which serves the values of our photocopier.

Its configuration, its keys and its values lie in the test's folder; it is a process of the test.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.devices.photocopier import simulator
from adapters.devices.photocopier.health import Photocopier
from adapters.devices.photocopier.simulator import Rows
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram

COMMUNITY, USER, PASSWORD, PRIVACY = "chi-doc", "phuong", "mat-khau-snmp", "ma-hoa-snmp"
_REPOSITORY = Path(__file__).parents[3]
_SERVED = (".1.3.6.1.2.1.43", ".1.3.6.1.2.1.25.3")


@dataclass(frozen=True)
class SnmpAgent:
    """A running agent."""

    address: str
    folder: Path

    def serve(self, rows: Rows) -> None:
        """Serve other values from now on."""
        simulator.write(self.folder / "rows", rows)

    def file(self, secret: str) -> str:
        """Return a file that holds a secret."""
        path = self.folder / f"secret-{secret}"
        path.write_text(f"{secret}\n", encoding="utf-8")
        return str(path)

    def device(self, community: str = COMMUNITY) -> Photocopier:
        """Return the device to check."""
        return Photocopier(
            name="photocopier-1", address=self.address, community_file=self.file(community)
        )


@contextmanager
def snmp_agent(folder: Path) -> Iterator[SnmpAgent]:
    """Run the agent with a photocopier that works."""
    program = shutil.which("snmpd", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin")
    if program is None:
        raise MissingProgram("snmpd", "snmpd")
    port = loopback.free_port()
    agent = SnmpAgent(f"snmp://127.0.0.1:{port}", folder)
    agent.serve(simulator.photocopier())
    served = f"{sys.executable} -m {simulator.__name__} {folder / 'rows'}"
    lines = (
        f"agentaddress udp:127.0.0.1:{port}",
        f"rocommunity {COMMUNITY} 127.0.0.1",
        f"createUser {USER} SHA-256 {PASSWORD} AES {PRIVACY}",
        f"rouser {USER} priv",
        *(f"pass_persist {oid} {served}" for oid in _SERVED),
    )
    configuration = folder / "snmpd.conf"
    configuration.write_text("".join(f"{it}\n" for it in lines), encoding="utf-8")
    with subprocess.Popen(
        [program, "-f", "-Le", "-C", "-c", str(configuration), "-I", "-hr_device,hr_print"],
        cwd=_REPOSITORY,
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "kept"), "MIBS": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as daemon:
        _await_start(daemon)
        try:
            yield agent
        finally:
            daemon.terminate()


def _await_start(daemon: "subprocess.Popen[str]") -> None:
    assert daemon.stderr is not None
    told = []
    for line in daemon.stderr:
        told.append(line)
        if "NET-SNMP version" in line:
            return
    raise AssertionError("".join(told))

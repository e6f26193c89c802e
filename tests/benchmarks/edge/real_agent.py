"""A real agent beside the simulated ones: its memory when idle, and how long a code takes."""

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from hub.bootstrap.edge import make_line, open_spool
from hub.edge.credential import Credential, save
from hub.edge.sending.events import EventSender
from hub.edge.sending.roles import LineState
from tests.benchmarks.running import running
from tests.support.gateway.edge_agent import code_of

IDLE_SECONDS = 12


def idle_megabytes(folder: Path, credential: Credential) -> float:
    """Return the resident memory of `hub edge run` with a scanner and a printer, when idle."""
    directory, scans = folder / "idle", folder / "scans"
    scans.mkdir(parents=True)
    devices = folder / "devices.toml"
    devices.write_text(
        f'[scanner-a]\nkind = "scanner"\nfolder = "{scans}"\n\n'
        '[printer]\nkind = "printer"\naddress = "ipp://127.0.0.1:9/ipp/print"\n',
        encoding="utf-8",
    )
    values = {name: getattr(credential, name) for name in ("url", "agent", "key")}
    save(directory, Credential(**values, devices_file=str(devices)))
    log = folder / "run"
    log.mkdir()
    words = (sys.executable, "-c", "import hub.cli; hub.cli.main()", "edge", "run")
    with running([*words, "--directory", str(directory)], folder=log, environment={}) as process:
        time.sleep(IDLE_SECONDS)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


def code_delays(folder: Path, credential: Credential, *, seconds: float) -> Sequence[float]:
    """Return the seconds from a code at the reader to the hub's answer, spool included."""
    spool = open_spool(folder / "reader", credential)
    sender = EventSender(spool, make_line(credential), LineState())
    spool.on_accept = sender.wakeup.wake
    found: list[float] = []
    sender.start()
    try:
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            number += 1
            at = datetime(2026, 11, 30, 1, 0, number % 60, tzinfo=UTC)
            since = time.monotonic()
            spool.accept(code_of(number, at, device=f"{credential.agent}.reader"))
            while spool.state().waiting:
                time.sleep(0.001)
            found.append(time.monotonic() - since)
            time.sleep(0.1)
    finally:
        sender.stop()
        spool.close()
    return found

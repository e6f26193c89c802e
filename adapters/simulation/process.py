"""A simulator as a process of its own, started, steered and stopped from here.

For the demo, the benchmarks and the tests. `start` returns when the simulator says that its ports
are open; `stop` returns when the process has ended.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import msgspec

from adapters.simulation.faults import Fault
from adapters.wire.http import Limits, Wire


class SimulatorFailed(Exception):
    """The simulator did not start, or does not answer on its control port as it should."""


class SimulatorProcess:
    """A running simulator. Use as a context manager, or call `stop`."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, str]) -> None:
        self.process = process
        self.url = ready["url"]
        """Address of the partner's service."""
        self.control_url = ready["control"]
        self.ledger_path = Path(ready["ledger"])
        self._control = Wire(
            self.control_url, limits=Limits(reply_timeout=timedelta(seconds=60), connections=1)
        )

    @classmethod
    def start(
        cls,
        module: str,
        arguments: Sequence[str] = (),
        *,
        ledger: Path,
        log: Path | None = None,
        within: timedelta = timedelta(seconds=20),
    ) -> Self:
        """Run `python -m module --ledger ... arguments`; raises SimulatorFailed.

        `log` takes its standard error; without one it goes where ours goes.
        """
        command = [sys.executable, "-m", module, "--ledger", str(ledger), *arguments]
        with (log or Path(os.devnull)).open("ab") as stderr:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr if log else None
            )
        try:
            return cls(process, _ready_line(process, within))
        except BaseException:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
            raise

    def set_faults(self, faults: Iterable[Fault]) -> None:
        """Switch on exactly these; returns when they are in force."""
        self._request("PUT", "/_control/faults", msgspec.json.encode(list(faults)))

    def clear_faults(self) -> None:
        """Switch everything off; returns when the port is open."""
        self._request("DELETE", "/_control/faults")

    def faults(self) -> list[Fault]:
        """Return what is switched on, with what remains of it."""
        return msgspec.convert(self._request("GET", "/_control/faults"), list[Fault])

    def speak(self, *names: str, **changes: float) -> None:
        """Speak these dialects or habits; none means plain. `changes` are fields of `Setting`."""
        body = msgspec.json.encode({"names": names, **changes})
        self._request("PUT", "/_control/dialect", body)

    def spoken(self) -> dict[str, int]:
        """Return how often each habit was shown."""
        return dict(self._request("GET", "/_control/dialect")["spoken"])

    def ledger(self) -> dict[str, Any]:
        """Return the counts of the ledger, see `ledger.read_summary`."""
        return dict(self._request("GET", "/_control/ledger"))

    def busy(self) -> int:
        """Return how many things the partner still has to do by itself."""
        count: int = self._request("GET", "/_control/health")["busy"]
        return count

    def late(self) -> int:
        """Return how many calls were answered and still take effect."""
        count: int = self._request("GET", "/_control/health")["late"]
        return count

    def effects(self, *, dossier: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Return rows of the ledger, at most 10,000 from sequence `after` on."""
        query = f"?dossier={dossier}&after={after}&limit=10000"
        return list(self._request("GET", f"/_control/effects{query}"))

    def notes(self, *, dossier: str = "", after: int = 0) -> list[dict[str, Any]]:
        """Return rows of the ledger's notes, at most 10,000 from sequence `after` on."""
        query = f"?dossier={dossier}&after={after}&limit=10000"
        return list(self._request("GET", f"/_control/notes{query}"))

    def stop(self, *, within: timedelta = timedelta(seconds=10)) -> None:
        """End the simulator and wait for it; safe to call twice."""
        self._control.close()
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(within.total_seconds())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _request(self, method: str, path: str, body: bytes = b"") -> Any:
        reply = self._control.call(method, path, body=body)
        if reply.status != 200:
            raise SimulatorFailed(f"{method} {path}: HTTP {reply.status} {reply.body[:300]!r}")
        return msgspec.json.decode(reply.body)


def _ready_line(process: subprocess.Popen[bytes], within: timedelta) -> dict[str, str]:
    if process.stdout is None:
        raise SimulatorFailed("started without a pipe")
    readable, _, _ = select.select([process.stdout], [], [], within.total_seconds())
    line = process.stdout.readline() if readable else b""
    try:
        ready: dict[str, str] = json.loads(line)
    except ValueError:
        raise SimulatorFailed(f"no ready line within {within}, got {line[:300]!r}") from None
    return ready

"""The processes of a drill: a private RabbitMQ, both simulators, the hub with its console.

Each is ready when its function returns. Whatever ends the drill ends them: the caller's stack does.
"""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from adapters.simulation.process import SimulatorFailed, SimulatorProcess
from hub.drill.sandbox.files import write_private
from hub.drill.sandbox.programs import MissingProgram
from hub.drill.sandbox.rabbit_node import PrivateRabbit
from hub.drill.sandbox.supervised import DirectoryInUse, NodeFailed
from hub.drill.trial.layout import Layout
from hub.messages.partners import BY_SHORT
from hub.texts import text

_WITHIN = timedelta(seconds=90)
"""How long the hub may take to be ready."""
_STOPS_WITHIN = timedelta(seconds=30)


class TrialFailed(Exception):
    """The drill cannot go on; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """Both simulators."""

    province: SimulatorProcess
    town: SimulatorProcess


class HubProcess:
    """The hub with its console."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        """Start it and return when it is ready. Raises TrialFailed."""
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hub", "run", "--json"],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            self._wait_ready(log)
        except BaseException:
            self.stop()
            raise

    def ended_within(self, seconds: float) -> bool:
        """Return whether it has ended; wait for that so long at most."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End it and wait for it; safe to call twice."""
        self._process.terminate()
        if not self.ended_within(_STOPS_WITHIN.total_seconds()):
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _wait_ready(self, log: Path) -> None:
        """Return when it has printed its document, which it does with its ports open."""
        output = self._process.stdout
        assert output is not None  # noqa: S101 - it was asked for above
        printed, seconds = b"", _WITHIN.total_seconds()
        # Read past the buffer: what is in there, `select` does not see.
        while select.select([output], [], [], seconds)[0] and (
            part := os.read(output.fileno(), 4096)
        ):
            printed += part
            try:
                document = json.loads(printed)
            except ValueError:
                continue
            if document.get("addresses"):
                return
        why = " ".join(printed.decode(errors="replace").split())
        raise TrialFailed(text("drill.hub_ended", log=log, why=why))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateBroker:
    """The private RabbitMQ, which starts while other things do."""

    node: PrivateRabbit
    starting: "Future[Mapping[str, str]]"
    """The settings of the hub for it; none where this machine has no RabbitMQ."""


def start_broker(directory: Path, layout: Layout, stack: ExitStack) -> PrivateBroker:
    """Begin to start the private RabbitMQ. What it waits for raises TrialFailed."""
    node = PrivateRabbit(
        directory, port=layout.ports["broker"], management_port=layout.ports["management"]
    )
    pool = stack.enter_context(ThreadPoolExecutor(1, "broker"))
    stack.callback(node.stop)

    def start() -> Mapping[str, str]:
        try:
            node.start()
        except MissingProgram:
            return {}
        except (DirectoryInUse, NodeFailed) as error:
            raise TrialFailed(text("drill.broker_failed", place=directory, why=error)) from None
        files = {"HUB_BROKER_URL": node.url, "HUB_BROKER_MANAGEMENT_URL": node.management_url}
        for name, value in files.items():
            write_private(directory / name.lower(), f"{value}\n")
        return {f"{name}_FILE": str(directory / name.lower()) for name in files}

    return PrivateBroker(node=node, starting=pool.submit(start))


def start_partners(layout: Layout, stack: ExitStack) -> Partners:
    """Start both simulators beside each other. Raises TrialFailed."""
    own = {
        "province": ["--username", "ward", "--password-file", layout.secret("province_password")],
        "town": [
            "--hub-url", layout.address("hub"), "--pace", "1500", "--client-id", "ward",
            "--client-secret-file", layout.secret("town_client_secret"),
            "--callback-secret-file", layout.secret("town_callback_secret"),
            "--file-token-file", layout.secret("file_token"),
        ],
    }  # fmt: skip

    def start(name: str) -> SimulatorProcess:
        ports = ["--port", str(layout.ports[name])]
        ports += ["--control-port", str(layout.ports[f"{name}_control"])]
        return SimulatorProcess.start(
            f"adapters.{BY_SHORT[name]}.simulator",
            [*ports, *own[name]],
            ledger=layout.directory / f"{name}.db",
            log=layout.directory / f"{name}.log",
        )

    try:
        with ThreadPoolExecutor(2, "partners") as pool:
            started = {name: pool.submit(start, name) for name in own}
        found = {name: stack.enter_context(it.result()) for name, it in started.items()}
    except SimulatorFailed as error:
        why = text("drill.partner_failed", place=layout.directory, why=error)
        raise TrialFailed(why) from None
    return Partners(**found)

"""A private port mapper (epmd), through which the nodes of one sandbox find each other.

Erlang would start one itself: as a daemon that listens on every address, is shared with whatever
else runs on the machine, and outlives everybody. This one listens on the loopback address, on a
port of its own, and ends with its owner.
"""

import socket
import time
from datetime import timedelta
from pathlib import Path

from hub.drill.sandbox import loopback, programs
from hub.drill.sandbox.supervised import Launch, NodeFailed, SupervisedProcess


class PrivateEpmd:
    """The port mapper. `start` and `stop` may be called in any state."""

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        self._directory = directory
        self.port = port or loopback.free_port()
        self._process: SupervisedProcess | None = None

    def environment(self) -> dict[str, str]:
        """Return what a node needs in its environment to use this port mapper."""
        return {"ERL_EPMD_PORT": str(self.port), "ERL_EPMD_ADDRESS": loopback.HOST}

    def start(self) -> None:
        """Return when it answers. Raises MissingProgram and NodeFailed."""
        if self._process is not None and self._process.alive:
            return
        self.stop()
        self._directory.mkdir(parents=True, exist_ok=True)
        launch = Launch(
            command=[
                *(str(programs.epmd()), "-address", loopback.HOST, "-port", str(self.port)),
            ],
            environment={},
            log=self._directory / "epmd.log",
            grace=timedelta(seconds=2),
        )
        self._process = SupervisedProcess.start(launch, lock=self._directory / "epmd.lock")
        self._wait_answering(timedelta(seconds=5))

    def _wait_answering(self, timeout: timedelta) -> None:
        # It has no way to say that it is ready; it takes some milliseconds.
        deadline = time.monotonic() + timeout.total_seconds()
        while True:
            try:
                socket.create_connection((loopback.HOST, self.port), timeout=1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    self.stop()
                    raise NodeFailed(f"epmd does not answer on port {self.port}") from error
                time.sleep(0.005)

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.stop()

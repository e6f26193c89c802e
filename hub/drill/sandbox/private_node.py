"""What a private PostgreSQL and a private RabbitMQ have in common: the life of their process.

Promises that a node may be used from several threads, and that it stops at the end of a `with`. How
it is started, and what else ends with it, is its own.
"""

import threading
from abc import ABC, abstractmethod
from typing import Self

from hub.drill.sandbox.supervised import SupervisedProcess


class PrivateNode(ABC):
    """One server in one directory; a context manager too."""

    def __init__(self) -> None:
        self._process: SupervisedProcess | None = None
        self._lock = threading.RLock()

    @abstractmethod
    def start(self) -> None:
        """Return when clients can connect; do nothing if it runs.

        Raises MissingProgram, DirectoryInUse and NodeFailed.
        """

    def stop(self) -> None:
        """Shut it down in good order; do nothing if it does not run."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                process.stop()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would; do nothing if it does not run."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                process.kill()

    def restart(self) -> None:
        """Stop it and start it with the same data, ports and password."""
        with self._lock:
            self.stop()
            self.start()

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """The pid of the server, of RabbitMQ the Erlang machine's. Raises RuntimeError when it
        does not run.
        """
        process = self._process
        if process is None:
            raise RuntimeError("the node does not run")
        return process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

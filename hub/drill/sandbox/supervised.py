"""A server process that ends with this process: the owner's side of `hub.drill.sandbox.supervisor`.

Promises: the server is started in a session of its own (Ctrl-C at a terminal reaches the hub first,
not the broker under it), it has the directory to itself, and it ends when this process does.
Readiness is the server's own word (systemd's notify protocol), not a guess by polling.
"""

import contextlib
import fcntl
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

_KEEPER = Path(__file__).with_name("supervisor.py")


class NodeFailed(RuntimeError):
    """A private node did not start, or ended while it was starting. Holds the end of its log."""


class DirectoryInUse(RuntimeError):
    """Another process keeps a node in this directory."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start, and how it is to end."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    """Where its output goes; added to, not replaced."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: timedelta = timedelta(seconds=15)
    """How long it may take to stop before it is killed."""
    account: Account | None = None


class SupervisedProcess:
    """One running server. Made by `start`; used by one thread at a time."""

    def __init__(self, launch: Launch, keeper: "subprocess.Popen[bytes]", pid: int) -> None:
        self._launch = launch
        self._keeper = keeper
        self.pid = pid

    @classmethod
    def start(
        cls,
        launch: Launch,
        *,
        lock: Path,
        lock_patience: timedelta = timedelta(seconds=20),
        notify: "NotifySocket | None" = None,
    ) -> "SupervisedProcess":
        """Start the server. Raises DirectoryInUse and NodeFailed.

        The lock is waited for: the keeper of a program that has just ended may still be stopping
        its server.
        """
        environment = dict(launch.environment)
        descriptors = []
        if notify is not None:
            environment["NOTIFY_SOCKET"] = notify.address
            # A server also says that it is stopping. RabbitMQ takes five seconds longer to stop
            # when nobody is there to hear it, so the keeper holds the socket open too.
            descriptors.append(notify.fileno())
        with _locked(lock, lock_patience) as lock_fd, launch.log.open("ab") as log:
            keeper = subprocess.Popen(
                _keeper_command(launch),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                cwd="/",
                # It holds the lock as long as the server lives.
                pass_fds=[lock_fd, *descriptors],
                start_new_session=True,
            )
        word = _read_line(keeper, timedelta(seconds=10))
        if not word.startswith("started "):
            _close(keeper)
            raise NodeFailed(f"{launch.command[0]} did not start{_tail(launch.log)}")
        return cls(launch, keeper, int(word.removeprefix("started ")))

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._keeper.poll() is None

    def wait_ready(self, notify: "NotifySocket", timeout: timedelta) -> None:
        """Return when the server has said that it is ready. Raises NodeFailed."""
        deadline = time.monotonic() + timeout.total_seconds()
        output = _output(self._keeper)
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([notify.fileno(), output.fileno()], [], [], left)
            if notify.fileno() in readable and notify.reads_ready():
                return
            if output.fileno() in readable:
                break
        ended = "ended while it was starting" if left > 0 else "was not ready in time"
        self.kill()
        raise NodeFailed(f"{self._launch.command[0]} {ended}{_tail(self._launch.log)}")

    def stop(self) -> None:
        """End the server in good order, or by force when its grace has run out."""
        self._order(b"stop\n", self._launch.grace + timedelta(seconds=5))

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL, nothing is flushed or said."""
        self._order(b"kill\n", timedelta(seconds=10))

    def _order(self, order: bytes, patience: timedelta) -> None:
        try:
            # It may have gone before.
            with contextlib.suppress(BrokenPipeError):
                os.write(_input(self._keeper).fileno(), order)
            # Its last word, or the end of its output.
            _read_line(self._keeper, patience)
        finally:
            _close(self._keeper)


class NotifySocket:
    """Where a server says that it is ready: systemd's protocol, a line `READY=1` in a datagram."""

    def __init__(self) -> None:
        # An abstract name: no file to clean up, no limit on the length of a directory's path, and
        # a server that runs as another user reaches it.
        self._name = f"one-stop-hub-{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(f"\0{self._name}")

    @property
    def address(self) -> str:
        """The value of NOTIFY_SOCKET."""
        return f"@{self._name}"

    def fileno(self) -> int:
        """Make it usable with select."""
        return self._socket.fileno()

    def reads_ready(self) -> bool:
        """Read one datagram."""
        return b"READY=1" in self._socket.recv(65_536).split(b"\n")

    def __enter__(self) -> "NotifySocket":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@contextlib.contextmanager
def _locked(path: Path, patience: timedelta) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + patience.total_seconds()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DirectoryInUse(f"another process keeps a node in {path.parent}") from None
                time.sleep(0.02)
        yield descriptor
    finally:
        os.close(descriptor)


def _output(keeper: "subprocess.Popen[bytes]") -> IO[bytes]:
    if keeper.stdout is None:
        raise ValueError("the keeper was started without a pipe")
    return keeper.stdout


def _input(keeper: "subprocess.Popen[bytes]") -> IO[bytes]:
    if keeper.stdin is None:
        raise ValueError("the keeper was started without a pipe")
    return keeper.stdin


def _read_line(keeper: "subprocess.Popen[bytes]", timeout: timedelta) -> str:
    output = _output(keeper)
    readable, _, _ = select.select([output], [], [], timeout.total_seconds())
    return output.readline().decode() if readable else ""


def _close(keeper: "subprocess.Popen[bytes]") -> None:
    for pipe in (keeper.stdin, keeper.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    try:
        keeper.wait(timeout=5)
    except subprocess.TimeoutExpired:
        # Its server goes with it, see the keeper.
        keeper.kill()
        keeper.wait()


def _tail(log: Path, lines: int = 12) -> str:
    text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
    return "".join(f"\n  {line}" for line in [f"(end of {log})", *text])


def _keeper_command(launch: Launch) -> list[str]:
    account = launch.account or Account(-1, -1)
    return [
        *(sys.executable, "-I", "-S", str(_KEEPER), str(os.getpid())),
        str(int(launch.stop_signal)),
        str(launch.grace.total_seconds()),
        *(str(account.uid), str(account.gid)),
        *launch.command,
    ]

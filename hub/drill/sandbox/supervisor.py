"""A process that keeps one server: starts it, and ends it when its owner is gone.

Run as a script by `hub.drill.sandbox.supervised`, on the standard library alone; says "started PID"
and "exited CODE" on its output, takes "stop" and "kill" on its input. Promises that the server ends
when the owner ends, however it ends, and that no other process is ever signalled: the keeper is
the server's parent, so the pid cannot have been given to somebody else.

Why a process of its own? The simple way, PR_SET_PDEATHSIG on the server itself, is tied to the
*thread* that started it: a node restarted from a worker thread would die with that thread, while
the program goes on. The keeper has one thread, so from here on it is safe: it is used below to
make sure that even a killed keeper leaves nothing behind.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Keep one server: OWNER_PID STOP_SIGNAL GRACE_SECONDS UID GID COMMAND..."""
    owner, stop_signal = int(arguments[0]), int(arguments[1])
    grace_seconds = float(arguments[2])
    # -1 means: as the keeper.
    uid, gid = (int(number) if int(number) >= 0 else None for number in arguments[3:5])
    poll = select.poll()
    poll.register(0, select.POLLIN | select.POLLHUP)
    # A closed input says that the owner ended too, but a process that the owner has forked may
    # hold it open. The owner's pidfd cannot be fooled.
    owner_fd = open_pidfd(owner)
    if os.getppid() != owner:
        return 1
    if owner_fd is not None:
        poll.register(owner_fd, select.POLLIN)
    server = subprocess.Popen(
        arguments[5:],
        stdin=subprocess.DEVNULL,
        stdout=2,
        stderr=2,
        start_new_session=True,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
        # Popen runs it after it has changed the user; a change of user would undo the setting.
        # It is safe because the keeper has one thread.
        preexec_fn=end_with_parent(),
    )
    report(f"started {server.pid}")
    server_fd = open_pidfd(server.pid)
    if server_fd is not None:
        poll.register(server_fd, select.POLLIN)
    code = keep(server, poll, stop_signal=stop_signal, grace_seconds=grace_seconds)
    report(f"exited {code}")
    return 0


def keep(
    server: "subprocess.Popen[bytes]",
    poll: select.poll,
    *,
    stop_signal: int,
    grace_seconds: float,
) -> int:
    """Wait for the server's end, or for the word to end it. Return its exit code."""
    while True:
        # Without pidfds (an old kernel) it looks for the server's end twice a second.
        ready = poll.poll(None if hasattr(os, "pidfd_open") else 500)
        code = server.poll()
        if code is not None:
            return code
        if not ready:
            continue
        order = os.read(0, 64) if any(fd == 0 for fd, _ in ready) else b""
        if order.startswith(b"kill"):
            server.kill()
            return server.wait()
        # "stop", the closed input, or the owner's end: in time if possible.
        server.send_signal(stop_signal)
        try:
            return server.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            server.kill()
            return server.wait()


def end_with_parent() -> Callable[[], None]:
    """Return what the new process runs before the server's program replaces it."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    keeper = os.getpid()

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # The keeper may have gone before the line above.
        if os.getppid() != keeper:
            os._exit(1)

    return prepare


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that becomes readable when the process ends."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def report(line: str) -> None:
    """Tell the owner, who may have gone."""
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

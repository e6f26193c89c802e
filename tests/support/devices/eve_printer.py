"""CUPS's own IPP Everywhere printer, ippeveprinter: a printer that nobody here wrote.

It wants a D-Bus for its announcements, which are switched off; it gets one of its own. What it
lacks comes from the print command, in its own form (`STATE: +media-empty`). As real printers do, it
begins no further job while it lacks paper, so a lack begins and ends within one job.
"""

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram

_COMMAND = """#!/bin/sh
if read -r lack <{folder}/lack; then
    echo "STATE: +$lack" >&2
    tries=600
    until [ -e {folder}/filled ] || [ $tries = 0 ]; do tries=$((tries - 1)); sleep 0.05; done
    echo "STATE: -$lack" >&2
    rm {folder}/lack
fi
cp "$1" {folder}/printed-$$
"""
_PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin"


@dataclass(frozen=True)
class EvePrinter:
    """A running printer."""

    uri: str
    folder: Path

    @property
    def printed(self) -> list[bytes]:
        """The documents that it has printed."""
        return [path.read_bytes() for path in sorted(self.folder.glob("printed-*"))]

    def will_lack(self, reason: str) -> None:
        """Have the next job stop for a reason, e.g. `media-empty`, until `fill` is called."""
        (self.folder / "filled").unlink(missing_ok=True)
        (self.folder / "lack").write_text(f"{reason}\n", encoding="ascii")

    def fill(self) -> None:
        """Give the printer what it lacks; the job goes on."""
        (self.folder / "filled").touch()


@contextmanager
def eve_printer(
    folder: Path, *, media: str, formats: str = "application/pdf"
) -> Iterator[EvePrinter]:
    """Run a printer whose trays hold `media`."""
    printer = _program("ippeveprinter", package="cups-ipp-utils")
    session = _program("dbus-run-session", package="dbus-daemon")
    port = loopback.free_port()
    command, attributes = _set_up(folder, media=media, formats=formats)
    typed = (
        f"DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS exec {printer} -v"
        f" -p {port} -n localhost -r off -d {folder} -c {command} -a {attributes} Thu"
    )
    with subprocess.Popen(
        [session, "--", "/bin/sh", "-c", typed],
        env={**os.environ, "PATH": _PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as daemon:
        rest = _await_start(daemon)
        try:
            yield EvePrinter(f"ipp://localhost:{port}/ipp/print", folder)
        finally:
            os.killpg(daemon.pid, signal.SIGTERM)
            rest.join()


def _set_up(folder: Path, *, media: str, formats: str) -> tuple[Path, Path]:
    """Write the print command and the attributes of a printer; return their places."""
    command, attributes = folder / "print", folder / "printer.conf"
    command.write_text(_COMMAND.format(folder=folder), encoding="ascii")
    command.chmod(0o755)
    lines = (
        f"mimeMediaType document-format-default {formats}",
        f"mimeMediaType document-format-supported {formats}",
        f"keyword media-ready {media}",
        f"keyword media-supported {media}",
        f"keyword media-default {media}",
    )
    attributes.write_text("".join(f"ATTR {line}\n" for line in lines), encoding="ascii")
    return command, attributes


def _program(name: str, *, package: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise MissingProgram(name, package)
    return found


def _await_start(daemon: "subprocess.Popen[str]") -> threading.Thread:
    """Wait until the printer listens; return the thread that reads what it writes from then on.

    Unread, its lines would fill the pipe and stop it.
    """
    told = []
    assert daemon.stdout is not None
    for line in daemon.stdout:
        told.append(line)
        if "printer-uuid" in line:
            rest = threading.Thread(target=daemon.stdout.read, daemon=True)
            rest.start()
            return rest
    raise AssertionError("".join(told))

"""The mark of the place where an agent was enrolled: this installation, this directory, this spool.

A directory that was copied has another mark, unless the whole disk was copied: then only the hub
can tell, see `hub/rules/edge/copies.py`. The mark is a hash: it tells nothing of the machine.
"""

import hashlib
import sys
from pathlib import Path

_MACHINE_ID = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def mark(directory: Path, spool: str) -> str:
    """Return the mark: of the installation, which may be "", and of the place."""
    return f"{_hash(spool, machine_id())}:{_hash(spool, str(directory.resolve()))}"


def differs(mark: str, other: str) -> bool:
    """Tell whether two marks certainly are of two places."""
    pairs = zip(mark.split(":"), other.split(":"), strict=False)
    return any(one and two and one != two for one, two in pairs)


def machine_id() -> str:
    """Return the id that the system made at its installation, "" where it has none."""
    if sys.platform == "win32":
        return _windows_id()
    for file in _MACHINE_ID:
        try:
            return file.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
    return ""


def _hash(spool: str, thing: str) -> str:
    return hashlib.sha256(f"{spool}\n{thing}".encode()).hexdigest() if thing else ""


if sys.platform == "win32":
    import winreg

    def _windows_id() -> str:
        place = r"SOFTWARE\Microsoft\Cryptography"
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        try:
            with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place, access=access) as key:
                return str(winreg.QueryValueEx(key, "MachineGuid")[0])
        except OSError:
            return ""

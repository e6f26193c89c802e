"""A photocopier that is a file of values, and the program by which snmpd serves it.

Debian's agent starts the program once and asks it line by line (its word for that is pass_persist):
PING, then get or getnext and an OID. So the values are ours, and SNMP is not.
"""

import sys
from pathlib import Path
from typing import Final

from adapters.devices.photocopier.printer_mib import COLUMNS, Oid

Rows = dict[Oid, tuple[str, str]]
"""By OID: the type by snmpd's words, and the value."""
STATUS, ERRORS, COVER = COLUMNS[0], COLUMNS[1], COLUMNS[2]
TRAY_KIND, TRAY_CAPACITY, TRAY_LEVEL, TRAY_STATUS = COLUMNS[3:7]
PAGES = COLUMNS[7]
SUPPLY_CLASS, SUPPLY_CAPACITY, SUPPLY_LEVEL = COLUMNS[8:11]
ALERT_SEVERITY, ALERT_CODE = COLUMNS[11:13]
RUNNING, DOWN = 2, 5


def photocopier(
    *,
    pages: int = 120_400,
    status: int = RUNNING,
    errors: bytes = b"\0\0",
    trays: tuple[int, ...] = (350, 500),
    toner: int = 80,
    alerts: tuple[tuple[int, int], ...] = (),
) -> Rows:
    """Return the values of a photocopier; its last tray, the slot for single sheets, is empty."""
    found: Rows = {
        (*STATUS, 1): ("integer", str(status)),
        (*ERRORS, 1): ("octet", errors.hex(" ")),
        (*COVER, 1, 1): ("integer", "4"),
        (*PAGES, 1, 1): ("counter", str(pages)),
        (*SUPPLY_CLASS, 1, 1): ("integer", "3"),
        (*SUPPLY_CAPACITY, 1, 1): ("integer", "100"),
        (*SUPPLY_LEVEL, 1, 1): ("integer", str(toner)),
    }
    for number, (level, kind) in enumerate([*((it, 3) for it in trays), (0, 5)], start=1):
        found[(*TRAY_KIND, 1, number)] = ("integer", str(kind))
        found[(*TRAY_CAPACITY, 1, number)] = ("integer", "500")
        found[(*TRAY_LEVEL, 1, number)] = ("integer", str(level))
        found[(*TRAY_STATUS, 1, number)] = ("integer", "0")
    for number, (severity, code) in enumerate(alerts, start=1):
        found[(*ALERT_SEVERITY, 1, number)] = ("integer", str(severity))
        found[(*ALERT_CODE, 1, number)] = ("integer", str(code))
    return found


def write(file: Path, rows: Rows) -> None:
    """Write values for the program; one that runs serves them from its next call on."""
    lines = (f"{_written(oid)}\t{kind}\t{value}" for oid, (kind, value) in sorted(rows.items()))
    part = file.with_suffix(".part")
    part.write_text("".join(f"{it}\n" for it in lines), encoding="ascii")
    part.replace(file)


def answer(file: Path, call: str, oid: Oid) -> str:
    """Return the lines with which snmpd is answered."""
    rows = dict(_rows(file))
    found = next((it for it in sorted(rows) if it > oid), None) if call == "getnext" else oid
    if found not in rows:
        return "NONE\n"
    kind, value = rows[found]
    return f"{_written(found)}\n{kind}\n{value}\n"


def _rows(file: Path) -> Rows:
    found: Rows = {}
    for line in file.read_text(encoding="ascii").splitlines():
        oid, kind, value = line.split("\t")
        found[_oid(oid)] = (kind, value)
    return found


def _written(oid: Oid) -> str:
    return "." + ".".join(map(str, oid))


def _oid(text: str) -> Oid:
    return tuple(map(int, text.strip(". \n").split(".")))


def main(file: Path) -> None:
    """Answer snmpd until it goes."""
    end: Final = ""
    while (call := sys.stdin.readline()) != end:
        if call.strip() == "PING":
            sys.stdout.write("PONG\n")
        elif call.strip():
            sys.stdout.write(answer(file, call.strip(), _oid(sys.stdin.readline())))
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What a photocopier says by Printer-MIB (RFC 3805) and Host-Resources-MIB (RFC 2790). Pure.

Photocopiers leave much out, and some say what cannot be. A value that is missing says nothing; one
that no device can have is kept in `impossible` and counts for nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.rules.devices.health import SOME_LEFT, DeviceFigure, FigureKind

Oid = tuple[int, ...]
Values = Mapping[Oid, int | bytes]

_MIB_2: Final[Oid] = (1, 3, 6, 1, 2, 1)
PRINTER_MIB: Final[Oid] = (*_MIB_2, 43)
_DEVICE_STATUS: Final[Oid] = (*_MIB_2, 25, 3, 2, 1, 5)
_ERROR_STATE: Final[Oid] = (*_MIB_2, 25, 3, 5, 1, 2)
_COVER: Final[Oid] = (*PRINTER_MIB, 6, 1, 1)
_INPUT: Final[Oid] = (*PRINTER_MIB, 8, 2, 1)
_MARKER: Final[Oid] = (*PRINTER_MIB, 10, 2, 1)
_SUPPLY: Final[Oid] = (*PRINTER_MIB, 11, 1, 1)
_ALERT: Final[Oid] = (*PRINTER_MIB, 18, 1, 1)
COLUMNS: Final = (
    _DEVICE_STATUS,
    _ERROR_STATE,
    (*_COVER, 3),
    *((*_INPUT, column) for column in (2, 9, 10, 11)),
    (*_MARKER, 4),
    *((*_SUPPLY, column) for column in (4, 8, 9)),
    *((*_ALERT, column) for column in (2, 7)),
)
"""The columns that are asked for: numbers and bits, no text of the device or of a person."""

ERRORS: Final = (
    *("lowPaper", "noPaper", "lowToner", "noToner", "doorOpen", "jammed", "offline"),
    *("serviceRequested", "inputTrayMissing", "outputTrayMissing", "markerSupplyMissing"),
    *("outputNearFull", "outputFull", "inputTrayEmpty", "overduePreventMaint"),
)
"""The bits of hrPrinterDetectedErrorState, the highest of the first byte first."""
_MANUAL_FEED: Final = 5
_MOST: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Level:
    """How full a tray or a supply is: `level` of `capacity`, in the unit of the device.

    For a container of waste the level is the room that is left, so 0 is bad for each.
    """

    name: str
    level: int
    capacity: int

    @property
    def percent(self) -> int | None:
        """How full, where the device counts it."""
        return self.level * 100 // self.capacity if self.level >= 0 < self.capacity else None


@dataclass(frozen=True, slots=True)
class Alert:
    """A row of prtAlertTable: its severity (3 is critical, 4 a warning) and its code."""

    severity: int
    code: int


@dataclass(slots=True)
class CopierReading:
    """One photocopier at one moment."""

    status: int = 0
    """hrDeviceStatus: 2 runs, 3 warns, 4 tests itself, 5 is down; 0 where it does not say."""
    errors: list[str] = field(default_factory=list)
    open_covers: int = 0
    trays: list[Level] = field(default_factory=list)
    """Those that feed by themselves: the slot for single sheets is empty most of the time."""
    broken_trays: list[str] = field(default_factory=list)
    supplies: list[Level] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    pages: int | None = None
    """All pages that it ever made."""
    impossible: list[str] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether it says that it goes on; one that says nothing is not believed to."""
        return self.status in (2, 3)


def read(values: Values) -> CopierReading | None:
    """Return what a photocopier says, None where it has nothing of the Printer-MIB."""
    if not any(oid[: len(PRINTER_MIB)] == PRINTER_MIB for oid in values):
        return None
    reading = CopierReading()
    printers = {index for index, _ in _column(values, _ERROR_STATE)}
    for index, status in _column(values, _DEVICE_STATUS):
        if index in printers and isinstance(status, int):
            reading.status = max(reading.status, status)
    for _, bits in _column(values, _ERROR_STATE):
        if isinstance(bits, bytes):
            reading.errors += _errors(bits)
    covers = (value for _, value in _column(values, (*_COVER, 3)))
    reading.open_covers = sum(value in (3, 5) for value in covers)
    _read_trays(values, reading)
    _read_supplies(values, reading)
    codes = dict(_column(values, (*_ALERT, 7)))
    for index, severity in _column(values, (*_ALERT, 2)):
        reading.alerts.append(Alert(_number(severity), _number(codes.get(index, 0))))
    _read_pages(values, reading)
    return reading


def figures(reading: CopierReading) -> list[DeviceFigure]:
    """Return what a person reads of the counts."""
    pages = [] if reading.pages is None else [DeviceFigure(FigureKind.PAGES, level=reading.pages)]
    named = [
        *((FigureKind.TRAY, it) for it in reading.trays),
        *((FigureKind.SUPPLY, it) for it in reading.supplies),
    ]
    levels = (
        DeviceFigure(kind, it.name.rpartition(" ")[2], it.level, it.capacity) for kind, it in named
    )
    return [*pages, *levels]


def _read_trays(values: Values, reading: CopierReading) -> None:
    kinds = dict(_column(values, (*_INPUT, 2)))
    for index, status in _column(values, (*_INPUT, 11)):
        # PrtSubUnitStatusTC: 16 is a critical alert; of the low bits 3 is broken.
        if isinstance(status, int) and status >= 0 and (status & 16 or status & 7 == 3):
            reading.broken_trays.append(f"tray {_shown(index)}: status {status}")
    for level in _levels(values, (*_INPUT, 10), (*_INPUT, 9), "tray", reading):
        index = tuple(map(int, level.name.removeprefix("tray ").split(".")))
        if kinds.get(index) != _MANUAL_FEED:
            reading.trays.append(level)


def _read_supplies(values: Values, reading: CopierReading) -> None:
    reading.supplies += _levels(values, (*_SUPPLY, 9), (*_SUPPLY, 8), "supply", reading)


def _levels(
    values: Values, level: Oid, capacity: Oid, name: str, reading: CopierReading
) -> Iterator[Level]:
    capacities = dict(_column(values, capacity))
    for index, value in _column(values, level):
        shown, most = f"{name} {_shown(index)}", _number(capacities.get(index, -2))
        if not isinstance(value, int) or not SOME_LEFT <= value <= _MOST:
            reading.impossible.append(f"{shown}: {_plain(value)}")
        elif 0 < most < value:
            reading.impossible.append(f"{shown}: {value} of {most}")
        else:
            yield Level(shown, value, most)


def _read_pages(values: Values, reading: CopierReading) -> None:
    counts = [value for _, value in _column(values, (*_MARKER, 4))]
    for value in counts:
        if not isinstance(value, int) or value < 0:
            reading.impossible.append(f"page count: {_plain(value)}")
            return
    # A machine with several markers counts the pages of each; the sum never goes back either.
    reading.pages = sum(_number(value) for value in counts) if counts else None


def _column(values: Values, column: Oid) -> Iterator[tuple[Oid, int | bytes]]:
    size = len(column)
    for oid, value in values.items():
        if oid[:size] == column and len(oid) > size:
            yield oid[size:], value


def _errors(bits: bytes) -> Iterator[str]:
    for place, name in enumerate(ERRORS):
        byte, bit = divmod(place, 8)
        if byte < len(bits) and bits[byte] & (0x80 >> bit):
            yield name


def _number(value: int | bytes) -> int:
    return value if isinstance(value, int) else 0


def _shown(index: Oid) -> str:
    return ".".join(map(str, index[-4:]))


def _plain(value: int | bytes) -> str:
    return str(value) if isinstance(value, int) else f"{len(value)} bytes"

"""Reads the operator's file of devices: one table a device; names every problem. Pure.

    [scanner-2]
    kind = "scanner"
    place = "quầy 2"
    folder = "/srv/scans/quay-2"

The devices that the settings name (`HUB_HOT_FOLDER`, `HUB_BARCODE_DEVICE`) keep their names, so no
table may take one of those.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from hub.messages.payloads import Station
from hub.rules.toml import values as v
from hub.rules.toml.reading import Keys, TomlReading
from hub.texts import Text, both

SCANNER, BARCODE_READER, PRINTER = "scanner", "barcode_reader", "printer"
ESCL_SCANNER, PHOTOCOPIER, CAMERA = "escl_scanner", "photocopier", "camera"
KIOSK, DISPLAY = "kiosk", "display"
"""Kinds of devices that no file names: they come to the hub, with a key."""
AGENT: Final = "agent"
"""Key of a printer that the agent of a workstation hosts, under the same name in its own file."""
OF_SETTINGS: Final = ("scanner-1", "barcode-1")
"""Names of the devices that the settings name."""


def source_name(device: str) -> str:
    """Return how the source of a device is called; those of the settings keep their old names."""
    return device.removesuffix("-1") if device in OF_SETTINGS else device


def device_of_source(name: str) -> str:
    """Return the device whose source has a name."""
    return next((it for it in OF_SETTINGS if source_name(it) == name), name)


def printer_address(value: Any) -> str:
    """Read the address of a printer: `ipp://192.168.1.20/ipp/print`."""
    return _address(value, ("ipp", "ipps"), both("toml_file.printer_address"))


def scanner_address(value: Any) -> str:
    """Read the address of a network scanner: `http://192.168.1.21/eSCL`."""
    return _address(value, ("http", "https"), both("toml_file.scanner_address"))


def photocopier_address(value: Any) -> str:
    """Read the address of a photocopier: `snmp://192.168.1.30`."""
    return _address(value, ("snmp",), both("toml_file.photocopier_address"))


def camera_address(value: Any) -> str:
    """Read the address of a camera: `http://192.168.1.40/onvif/device_service`."""
    return _address(value, ("http", "https"), both("toml_file.camera_address"))


def stream_address(value: Any) -> str:
    """Read the address of a camera's stream: `rtsp://192.168.1.40/live`."""
    return _address(value, ("rtsp",), both("toml_file.stream_address"))


def _address(value: Any, schemes: tuple[str, ...], allowed: Text) -> str:
    """Read an address. A space or a letter that is not ASCII cannot stand in an HTTP request."""
    try:
        plain = isinstance(value, str) and value.isascii() and value.isprintable()
        parts = urlsplit(value) if plain and " " not in value else None
        usable = parts is not None and parts.scheme in schemes and bool(parts.hostname)
        if parts is None or not usable or "@" in parts.netloc or parts.query or parts.port == 0:
            raise ValueError
    except ValueError:
        raise v.Unusable(allowed) from None
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceKind:
    """What a table of a kind holds beside `kind` and `place`."""

    keys: Keys
    needed: tuple[str, ...]
    address: str
    """The key that says where the device is; no two devices are at one place."""
    one_of: tuple[str, ...] = ()
    """Keys of which a table has exactly one."""


KINDS: Final = {
    SCANNER: DeviceKind(
        keys={"folder": v.line, "rest": v.duration, "keep": v.duration},
        needed=("folder",),
        address="folder",
    ),
    BARCODE_READER: DeviceKind(
        keys={"line": v.line, "station": v.choice(tuple(map(str, Station)))},
        needed=("line",),
        address="line",
    ),
    PRINTER: DeviceKind(
        keys={"address": printer_address, "ca_file": v.line, AGENT: v.name},
        needed=(),
        one_of=("address", AGENT),
        address="address",
    ),
    ESCL_SCANNER: DeviceKind(
        keys={"address": scanner_address, "ca_file": v.line},
        needed=("address",),
        address="address",
    ),
    PHOTOCOPIER: DeviceKind(
        keys={
            "address": photocopier_address,
            "community_file": v.line,
            "user": v.line,
            "password_file": v.line,
            "privacy_password_file": v.line,
            "digest": v.choice(("sha256", "sha")),
        },
        needed=("address",),
        address="address",
    ),
    CAMERA: DeviceKind(
        keys={
            "address": camera_address,
            "user": v.line,
            "password_file": v.line,
            "stream": stream_address,
            "ca_file": v.line,
        },
        needed=("address", "user", "password_file"),
        address="address",
    ),
}
_EVERY: Final[Keys] = {"kind": v.choice(KINDS), "place": v.line}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """One device of the file."""

    name: str
    kind: str
    place: str = ""
    """Where it stands, in a person's words."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The keys of its kind that the table has, as `KINDS` reads them."""


def parse(text: str, name: str) -> list[DeviceSettings]:
    """Return the devices of a file, in its order. Raises TomlFileWrong."""
    raw, file = TomlReading.begin(text, name)
    found: list[DeviceSettings] = []
    places: dict[tuple[str, str], str] = {}
    for device, entry in raw.items():
        made = _device(file, device, entry)
        if made is None:
            continue
        key = KINDS[made.kind].address
        taken_by = places.setdefault((key, str(made.values.get(key, device))), device)
        if taken_by != device:
            file.wrong((device, key), "same_place", name=taken_by)
        found.append(made)
    file.end()
    return found


def _device(file: TomlReading, name: str, entry: Any) -> DeviceSettings | None:
    try:
        v.name(name)
    except v.Unusable as problem:
        file.wrong((name,), "unusable", value=repr(name)[:60], why=problem.allowed)
    if device_of_source(name) in OF_SETTINGS:
        taken = (*OF_SETTINGS, *map(source_name, OF_SETTINGS))
        file.wrong((name,), "of_settings", allowed=", ".join(taken))
    if not isinstance(entry, dict):
        file.wrong((name,), "no_table")
        return None
    if "kind" not in entry:
        file.wrong((name, "kind"), "needed_one_of", allowed=", ".join(KINDS))
        return None
    word = entry["kind"]
    kind = KINDS.get(word) if isinstance(word, str) else None
    if kind is None:  # which keys the table may have is not known yet
        file.entry((name,), {"kind": word}, _EVERY)
        return None
    given = file.entry((name,), entry, {**_EVERY, **kind.keys})
    missing = [key for key in kind.needed if key not in entry]
    for key in missing:
        file.wrong((name, key), "needed")
    if missing or not (set(kind.needed) <= given.keys() and _has_one_of(file, name, entry, kind)):
        return None
    values = {key: value for key, value in given.items() if key in kind.keys}
    return DeviceSettings(
        name=name, kind=given["kind"], place=given.get("place", ""), values=values
    )


def _has_one_of(file: TomlReading, name: str, entry: Mapping[str, Any], kind: DeviceKind) -> bool:
    """Tell whether a table has exactly one of the keys that exclude one another."""
    given = [key for key in kind.one_of if key in entry]
    if kind.one_of and len(given) != 1:
        place = given[-1] if given else kind.one_of[0]
        file.wrong((name, place), "needed_one_of", allowed=", ".join(kind.one_of))
    return not kind.one_of or len(given) == 1

"""A file of devices is one table a device, and what is wrong has line, key and what is allowed."""

from datetime import timedelta
from pathlib import Path

import pytest

from hub.bootstrap.devices.kinds import DEVICES, SOURCES, device_settings
from hub.bootstrap.files.device_file import devices_of
from hub.rules.devices.reading import KINDS, DeviceSettings, parse
from hub.rules.toml.reading import TomlFileWrong
from hub.settings import Settings, SettingsError

WHOLE = """
[scanner-2]
kind = "scanner"
place = "quầy 2"
folder = "/srv/scans/2"
rest = "5s"

[reader-2]
kind = "barcode_reader"
line = "/dev/serial/by-id/usb-reader"
station = "tiep-nhan"
"""


def test_a_table_is_a_device() -> None:
    """In the order of the file, with the values as their keys mean them."""
    assert parse(WHOLE, "devices.toml") == [
        DeviceSettings(
            name="scanner-2",
            kind="scanner",
            place="quầy 2",
            values={"folder": "/srv/scans/2", "rest": timedelta(seconds=5)},
        ),
        DeviceSettings(
            name="reader-2",
            kind="barcode_reader",
            values={"line": "/dev/serial/by-id/usb-reader", "station": "tiep-nhan"},
        ),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[scanner-2\n", "devices.toml: is not TOML"),
        ("top = 1\n", "line 1, top: must be a table"),
        ("[a]\nfolder = '/x'\n", "line 1, a.kind: is missing; one of: scanner, barcode_reader"),
        ("[a]\nkind = 'fax'\n", "line 2, a.kind: 'fax' cannot be used; one of: scanner, barc"),
        ("[a]\nkind = 'scanner'\n", "line 1, a.folder: is missing"),
        (
            "[a]\nkind = 'scanner'\nfolder = '/x'\n\nspeed = 3\n",
            "line 5, a.speed: is no key here; the keys are: kind, place, folder, rest, keep",
        ),
        ("[a]\nkind = 'scanner'\nfolder = 3\n", "line 3, a.folder: 3 cannot be used; one line of"),
        ("[A1]\nkind = 'scanner'\nfolder = '/x'\n", "line 1, A1: 'A1' cannot be used; small lett"),
        (
            "[scanner-1]\nkind = 'scanner'\nfolder = '/x'\n",
            "line 1, scanner-1: this name belongs to a device of the settings: scanner-1, barcode-",
        ),
        (
            "[barcode]\nkind = 'barcode_reader'\nline = '/x'\n",  # the source's name of barcode-1
            "line 1, barcode: this name belongs to a device of the settings: scanner-1, barcode-1",
        ),
        (
            "[a]\nkind='scanner'\nfolder='/x'\n[b]\nkind='scanner'\nfolder='/x'\n",
            "line 6, b.folder: the device a above is at this place already",
        ),
    ],
)
def test_a_problem_has_line_key_and_what_is_allowed(text: str, problem: str) -> None:
    """The operator finds the place without counting lines, and needs no other document."""
    with pytest.raises(TomlFileWrong) as raised:
        parse(text, "devices.toml")
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "ipp://p/a b",
        "ipp://p/m\u1ea3y",
        "ipp://m\u00e1y/x",
        "http://p/x",
        "ipp://:w@p/x",
        "ipp:///x",
    ],
)
def test_an_address_that_no_request_can_carry_is_refused_in_the_file(address: str) -> None:
    """With line and key, at the start; not as a check that fails for ever."""
    with pytest.raises(TomlFileWrong, match=r"line 3, p\.address: .*without spaces and accents"):
        parse(f"[p]\nkind = 'printer'\naddress = '{address}'\n", "devices.toml")


def test_an_address_with_a_port_and_an_escaped_path_is_taken() -> None:
    """As a printer's own page shows it."""
    address = "ipps://[fe80::1]:8631/ipp/in%20mau"
    (made,) = parse(f"[p]\nkind = 'printer'\naddress = '{address}'\n", "devices.toml")
    assert made.values["address"] == address


def test_every_problem_is_named_at_once() -> None:
    """What is wrong with one device does not hide what is wrong with the next."""
    with pytest.raises(TomlFileWrong) as raised:
        parse("[a]\nkind = 'fax'\nnumber = 3\n[b]\nkind = 'scanner'\n", "devices.toml")
    assert len(raised.value.problems) == 2


def test_the_file_adds_devices_to_those_of_the_settings(tmp_path: Path) -> None:
    """An installation without a file keeps its hot folder and its reader."""
    file = tmp_path / "devices.toml"
    file.write_text(WHOLE, encoding="utf-8")
    settings = Settings(data_dir=str(tmp_path), barcode_device="/dev/x", devices_file=str(file))
    names = [it.name for it in device_settings(settings)]
    assert names == ["scanner-1", "barcode-1", "scanner-2", "reader-2"]
    assert devices_of("") == []


def test_a_file_that_cannot_be_read_is_a_wrong_setting(tmp_path: Path) -> None:
    """The hub says so at its start, with the name of the setting."""
    settings = Settings(data_dir=str(tmp_path), devices_file=str(tmp_path / "none.toml"))
    with pytest.raises(SettingsError, match="HUB_DEVICES_FILE"):
        device_settings(settings)


def test_every_kind_of_device_has_a_check() -> None:
    """A kind that the file may name and nobody constructs would end the hub at its start."""
    assert set(DEVICES) == set(KINDS)
    assert set(SOURCES) < set(KINDS)


def test_a_printer_is_at_an_address_or_at_an_agent() -> None:
    """Several printers may stand at one workstation; both keys are wrong, and none is."""
    head = "[in-{0}]\nkind = 'printer'\n"
    agents = "".join(f"{head.format(it)}agent = 'quay-2'\n" for it in "ab")
    assert [it.values for it in parse(agents, "devices.toml")] == 2 * [{"agent": "quay-2"}]
    for keys in ("", "agent = 'quay-2'\naddress = 'ipp://127.0.0.1/ipp/print'\n"):
        with pytest.raises(TomlFileWrong, match="one of: address, agent"):
            parse(head.format("a") + keys, "devices.toml")

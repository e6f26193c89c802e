"""The devices of a drill's counter, one of each kind that can be played, and the file that names
them.

All of them are threads of this process, at free ports. The hot folder is a folder and needs no
simulator; kiosk and display are pages, see `hall`. Two things a person does by hand: a sheet is a
file that is copied into the hot folder, and a code is a line that is written into a pipe.
"""

import io
import os
import select
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from adapters.devices.barcode.simulator import BarcodeReader
from adapters.devices.camera.simulator import PASSWORD, USER, CameraFaults, SimulatedCamera
from adapters.devices.escl.simulator import SimulatedScanner
from adapters.devices.photocopier.agent import SnmpAgent
from adapters.devices.photocopier.simulator import photocopier
from adapters.devices.printer.simulator import SimulatedPrinter
from adapters.simulation.thread import SimulatorThread
from hub.drill.sandbox.files import write_private
from hub.texts import text

COMMUNITY: Final = "dien-tap"
A4_AT_150_DPI: Final = (1240, 1754)
_LONGEST: Final = 4096


@dataclass(frozen=True, slots=True)
class PlayedDevices:
    """The devices that run, by their settings and by what a person does at them."""

    file: Path
    reader: Path
    """The pipe that takes codes, each with a newline."""

    @property
    def settings(self) -> Mapping[str, str]:
        """What the hub has to be told."""
        return {"HUB_DEVICES_FILE": str(self.file)}


def start(directory: Path, stack: ExitStack) -> PlayedDevices:
    """Start the devices and write their file; `stack` ends them."""
    place = directory / "devices"
    place.mkdir(mode=0o700, exist_ok=True)
    codes = stack.enter_context(_Codes(place / "reader"))
    printer = stack.enter_context(
        SimulatorThread(SimulatedPrinter, ledger=directory / "printer.db")
    )
    scanner = stack.enter_context(SimulatedScanner(glass=_picture("TO GIAY THU\nTEST SHEET")))
    tables = [
        _table("printer-1", "printer", "counter", address=f"ipp://127.0.0.1:{printer.port}/ipp"),
        _table("reader-1", "barcode_reader", "counter", line=str(codes.line)),
        _table("mfp", "escl_scanner", "back_office", address=scanner.url),
        _copier(place, stack),
        _camera("camera-1", "counter", place, stack),
        _camera("camera-2", "hall", place, stack),
    ]
    file = directory / "devices.toml"
    write_private(file, "\n".join(tables))
    return PlayedDevices(file, codes.pipe)


def _copier(place: Path, stack: ExitStack) -> str:
    """Start the photocopier; one of its trays is empty, so that a person sees a finding."""
    write_private(place / "community", f"{COMMUNITY}\n")
    agent = stack.enter_context(SnmpAgent(photocopier(trays=(0, 500)), COMMUNITY))
    community = str(place / "community")
    return _table(
        "copier", "photocopier", "back_office", address=agent.address, community_file=community
    )


def _camera(name: str, where: str, place: Path, stack: ExitStack) -> str:
    write_private(place / "camera-password", f"{PASSWORD}\n")
    picture = CameraFaults(picture=_picture(name.upper()))
    camera = stack.enter_context(SimulatedCamera(picture))
    return _table(
        name,
        "camera",
        where,
        address=camera.url,
        stream=camera.stream,
        user=USER,
        password_file=str(place / "camera-password"),
    )


def _table(name: str, kind: str, place: str, **values: str) -> str:
    """Return the table of a device. No value has a sign that TOML would read otherwise."""
    shown = {"kind": kind, "place": text(f"drill.place_{place}"), **values}
    lines = (f"{key} = '{value}'" for key, value in shown.items())
    return "\n".join((f"[{name}]", *lines, ""))


def _picture(words: str) -> bytes:
    """Return what lies on the glass of the scanner or before a camera, as a JPEG."""
    from PIL import Image, ImageDraw

    sheet = Image.new("L", A4_AT_150_DPI, 255)
    ImageDraw.Draw(sheet).text((150, 150), words, fill=0, font_size=60)
    with io.BytesIO() as stream:
        sheet.save(stream, "JPEG")
        return stream.getvalue()


class _Codes:
    """Hands the lines of a pipe to a barcode reader."""

    def __init__(self, pipe: Path) -> None:
        self.pipe = pipe
        self._reader = BarcodeReader()
        self.line = self._reader.line
        self._thread = threading.Thread(target=self._run, name="reader")

    def __enter__(self) -> Self:
        self.pipe.unlink(missing_ok=True)
        os.mkfifo(self.pipe, 0o600)
        # Also for writing: else each writer that leaves would be the end of the pipe.
        self._lines = os.open(self.pipe, os.O_RDWR | os.O_NONBLOCK)
        self._stopped, self._stop = os.pipe()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stop, b"\n")
        self._thread.join()
        for handle in (self._lines, self._stopped, self._stop):
            os.close(handle)
        self._reader.close()
        self.pipe.unlink(missing_ok=True)

    def _run(self) -> None:
        waiting = b""
        while self._stopped not in select.select([self._lines, self._stopped], [], [])[0]:
            waiting += os.read(self._lines, _LONGEST)
            *codes, waiting = waiting.split(b"\n")
            for code in codes:
                # Not waited for: while no hub listens, nobody beeps.
                self._reader.send(code.strip() + b"\r", timeout=0)

"""A device whose health the hub knows: what a check of it says, and what proves that it works."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from hub.rules.devices.health import DeviceFigure, DeviceFinding
from hub.texts import Text


class Device(Protocol):
    """One device at the counter."""

    @property
    def name(self) -> str:
        """How the file of devices calls it."""

    @property
    def kind(self) -> str:
        """One of the kinds of `hub/rules/devices/reading.py`."""

    @property
    def place(self) -> str:
        """Where it stands, in a person's words; "" where the settings do not say."""

    def check(self) -> Sequence[DeviceFinding]:
        """Examine the device and return what is wrong with it, nothing where all is well.

        Changes nothing at the device. Each call that it makes has an end; a network share whose
        server is away may hold it up, so that it runs in a thread of its own.
        """


@runtime_checkable
class CountingDevice(Device, Protocol):
    """A device that also counts: pages, how full its trays are."""

    def figures(self) -> Sequence[DeviceFigure]:
        """Return what its last check has read, nothing before one or where that read none."""


class NoPicture(Exception):
    """No picture came; `finding` says why and what to do."""

    def __init__(self, finding: DeviceFinding) -> None:
        super().__init__(finding.code)
        self.finding = finding


TakePicture = Callable[[], bytes]
"""Takes one picture of now, a JPEG. Raises NoPicture."""


@dataclass(frozen=True, slots=True)
class ProofResult:
    """What came of a proof, as a person reads it."""

    well: bool
    evidence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRequest:
    """What a proof may use."""

    code: str
    """A fresh code, which no dossier has."""
    within: timedelta
    into: Path
    """Where pages that came are kept for the person."""


Proof = Callable[[ProofRequest], ProofResult]
"""A person does something at the device, the hub sees what comes of it.

Waits `within` at most. A device that fails is a result, too; raises nothing of the device's.
"""

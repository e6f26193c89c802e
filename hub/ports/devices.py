"""A device whose health the hub knows: what a check of it says."""

from collections.abc import Sequence
from typing import Protocol

from hub.rules.devices.health import DeviceFinding


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

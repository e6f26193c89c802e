"""The cameras of an installation, to check them and to take pictures: loaded with the first one."""

from typing import TYPE_CHECKING

from hub.bootstrap.files.device_file import devices_of_settings
from hub.operations.devices.snapshots import Snapshots
from hub.rules.devices.reading import CAMERA, DeviceSettings
from hub.settings import Settings

if TYPE_CHECKING:
    from adapters.devices.camera.health import Camera


def make_snapshots(settings: Settings) -> Snapshots:
    """Return what takes pictures of the cameras. Raises SettingsError."""
    known = {it.name: it for it in devices_of_settings(settings) if it.kind == CAMERA}
    pictures = {name: lambda it=it: camera_of(it).picture() for name, it in known.items()}
    return Snapshots(folder=settings.snapshots, days=settings.snapshot_days, camera=pictures.get)


def camera_of(it: DeviceSettings) -> "Camera":
    """Return the camera that the file of devices names."""
    from adapters.devices.camera.health import Camera

    return Camera(name=it.name, place=it.place, **it.values)

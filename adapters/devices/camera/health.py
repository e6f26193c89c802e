"""How a camera is: its clock, login, profiles, picture and stream. A check takes no picture.

A camera with a wrong clock dates what it records wrongly, so that is a finding also where all else
works. Not promised: that the lens is clean, or looks at the counter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from adapters.devices.camera import rtsp
from adapters.devices.camera.calls import OnvifCamera
from adapters.devices.camera.onvif import NotOnvif, OnvifFault, Place
from adapters.devices.secret_file import secret, why_unusable
from hub.ports.devices import NoPicture
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.errors import DeliveryFailure

MOST_SKEW: Final = timedelta(seconds=60)
_ANSWERED: Final = ("partner_busy", "reply_server_error")
"""Failures of which HTTP itself tells: the camera is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera, as a device to check."""

    name: str
    address: str
    """That of the device service: http://host/onvif/device_service"""
    user: str
    password_file: str
    place: str = ""
    stream: str = ""
    """rtsp://host[:port][/path]; "" for port 554 of the same host."""
    ca_file: str = ""
    kind: str = "camera"

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the camera; changes nothing and takes no picture."""
        try:
            camera = self._camera()
        except NoPicture as wrong:
            return [wrong.finding]
        return [*self._of_onvif(camera), *self._of_stream()]

    def picture(self) -> bytes:
        """Return one picture of now, a JPEG. Raises NoPicture."""
        camera = self._camera()
        try:
            camera.clock_ahead()
            media = camera.media()
            profiles = camera.profiles(media)
            if not profiles:
                raise NoPicture(DeviceFinding("camera_without_profile", self.address))
            return camera.picture(camera.snapshot_place(media, profiles[0]))
        except (NotOnvif, OnvifFault, DeliveryFailure) as error:
            raise NoPicture(self._finding(error)) from None

    def _camera(self) -> OnvifCamera:
        try:
            password = secret(self.password_file)
        except (OSError, ValueError) as error:
            found = DeviceFinding("camera_secret_unusable", why_unusable(error))
            raise NoPicture(found) from None
        try:
            return OnvifCamera(
                self.address, user=self.user, password=password, ca_file=self.ca_file
            )
        except (ValueError, OSError) as error:
            shown = f"{self.address}: {type(error).__name__}"
            raise NoPicture(DeviceFinding("camera_address_wrong", shown)) from None

    def _of_onvif(self, camera: OnvifCamera) -> list[DeviceFinding]:
        found: list[DeviceFinding] = []
        try:
            found.extend(_of_clock(camera.clock_ahead()))
            model = camera.information().model
            media = camera.media()
            profiles = camera.profiles(media)
            if not profiles:
                return [*found, DeviceFinding("camera_without_profile", model)]
            found.extend(_of_picture(camera, media, profiles[0]))
        except (NotOnvif, OnvifFault, DeliveryFailure) as error:
            found.append(self._finding(error))
        return found

    def _finding(self, error: NotOnvif | OnvifFault | DeliveryFailure) -> DeviceFinding:
        if isinstance(error, NotOnvif):
            code = "camera_no_onvif"
        elif isinstance(error, OnvifFault):
            code = "camera_login_refused" if error.is_of_login else "camera_refuses"
        else:
            code = "camera_troubled" if error.code in _ANSWERED else "camera_away"
        return DeviceFinding(code, f"{self.address}: {error}")

    def _of_stream(self) -> Iterator[DeviceFinding]:
        host = urlsplit(self.address).hostname or ""
        url = self.stream or f"rtsp://{f'[{host}]' if ':' in host else host}"
        try:
            answer = rtsp.query(url)
        except rtsp.NoStream as error:
            yield DeviceFinding("camera_stream_away", f"{url}: {error}")
            return
        if not answer.is_there:
            yield DeviceFinding("camera_stream_refused", f"{url}: RTSP {answer.status}")


def _of_clock(ahead: timedelta) -> Iterator[DeviceFinding]:
    if abs(ahead) > MOST_SKEW:
        word = "ahead" if ahead > timedelta() else "behind"
        shown = f"{abs(ahead).total_seconds():.0f} s {word}"
        yield DeviceFinding("camera_clock_wrong", shown)


def _of_picture(camera: OnvifCamera, media: Place, profile: str) -> Iterator[DeviceFinding]:
    try:
        camera.snapshot_place(media, profile)
    except (OnvifFault, NotOnvif) as error:
        yield DeviceFinding("camera_without_snapshot", str(error))

"""How a camera is: its clock, login, profiles, picture and stream. No picture is taken.

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
            password = secret(self.password_file)
        except (OSError, ValueError) as error:
            return [DeviceFinding("camera_secret_unusable", why_unusable(error))]
        try:
            camera = OnvifCamera(
                self.address, user=self.user, password=password, ca_file=self.ca_file
            )
        except (ValueError, OSError) as error:
            found = f"{self.address}: {type(error).__name__}"
            return [DeviceFinding("camera_address_wrong", found)]
        return [*self._of_onvif(camera), *self._of_stream()]

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
        except NotOnvif as error:
            found.append(DeviceFinding("camera_no_onvif", f"{self.address}: {error}"))
        except OnvifFault as fault:
            code = "camera_login_refused" if fault.is_of_login else "camera_refuses"
            found.append(DeviceFinding(code, f"{self.address}: {fault.code}"))
        except DeliveryFailure as failure:
            code = "camera_troubled" if failure.code in _ANSWERED else "camera_away"
            found.append(DeviceFinding(code, f"{self.address}: {failure}"))
        return found

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

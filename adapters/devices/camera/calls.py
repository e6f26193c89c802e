"""A camera by ONVIF over the hub's own wire: five calls, and one picture where it is asked for.

Only the call for the clock has no login. The login is a UsernameToken with digest, made by the
camera's own clock: one whose clock is wrong refuses any other, and would look as if the password
were wrong. What the camera names as the place of a service or a picture is asked for at the
configured host only.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

from adapters.devices.camera import onvif
from adapters.devices.camera.http_login import authorization
from adapters.devices.camera.onvif import CameraInformation, NotOnvif, OnvifFault, Place
from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Reply, Wire
from adapters.wire.profile import Tls
from adapters.wire.replies import expect_success, without_effect
from adapters.wire.ws_security import EnvelopeSecurity, SecuritySettings
from hub.rules.clock_skew import A_SECOND, ahead

LIMITS: Final = Limits(
    connect_timeout=timedelta(seconds=2),
    reply_timeout=timedelta(seconds=3),
    reply_bytes=256 * 1024,
    connections=0,
)
"""Five calls that all come to their last moment end within the time of a check."""
MOST_AHEAD: Final = timedelta(days=36_500)
"""By how much calls follow a clock: a day of the year 9999 has no time at which they end."""
PICTURE_BYTES: Final = 16 * 1024 * 1024
_JPEG: Final = (b"\xff\xd8", b"\xff\xd9")
_SOAP: Final = {"Content-Type": "application/soap+xml; charset=utf-8"}


def _now() -> datetime:
    return datetime.now(UTC)


class OnvifCamera:
    """One camera."""

    def __init__(
        self,
        url: str,
        *,
        user: str,
        password: str,
        ca_file: str = "",
        limits: Limits = LIMITS,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """`url` is that of the device service. Raises ValueError, and OSError for the roots."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a camera's address is http(s)://host/onvif/device_service")
        self._scheme, self._path = parts.scheme, parts.path or "/"
        self._host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self._port = parts.port
        self._tls = Tls(ca_file=ca_file) if ca_file else Tls()
        self._limits, self._clock = limits, clock
        self._ahead = timedelta()
        settings = SecuritySettings(username=user, password=password)
        self._user, self._password = user, password
        self._security = EnvelopeSecurity(settings, clock=lambda: clock() + self._ahead)
        self._wire(Place(None, self._path)).close()  # the roots are read now

    def clock_ahead(self) -> timedelta:
        """Return by how much the camera's clock is ahead, negative when it is behind.

        Calls with a login are made by its clock from then on. Raises as every call: NotOnvif,
        OnvifFault and DeliveryFailure.
        """
        sent = self._clock()
        shown = onvif.read_time(self._query("GetSystemDateAndTime", login=False))
        found = ahead(shown, sent=sent, received=self._clock(), exact_to=A_SECOND)
        self._ahead = max(-MOST_AHEAD, min(found, MOST_AHEAD))
        return found

    def information(self) -> CameraInformation:
        """Return which camera it is."""
        return onvif.read_information(self._query("GetDeviceInformation"))

    def media(self) -> Place:
        """Return where its media service is."""
        return onvif.read_media_place(self._query("GetCapabilities", Category="Media"))

    def profiles(self, media: Place) -> list[str]:
        """Return the tokens of its profiles."""
        return onvif.read_profiles(self._query("GetProfiles", at=media))

    def snapshot_place(self, media: Place, profile: str) -> Place:
        """Return where a picture of a profile is."""
        return onvif.read_snapshot_place(
            self._query("GetSnapshotUri", at=media, ProfileToken=profile)
        )

    def picture(self, place: Place) -> bytes:
        """Return one picture, a whole JPEG, with a login by HTTP where the camera wants one."""
        reply = self._get(place)
        if reply.status == 401:
            login = authorization(
                reply.header("www-authenticate"),
                target=place.path,
                user=self._user,
                password=self._password,
                over_tls=self._scheme == "https",
            )
            if not login:
                raise OnvifFault("NotAuthorized")
            reply = self._get(place, {"Authorization": login})
        if reply.status == 401:
            raise OnvifFault("NotAuthorized")
        with without_effect():
            expect_success(reply)
        begin, end = _JPEG
        if not reply.body.startswith(begin) or not reply.body.rstrip(b"\0\r\n").endswith(end):
            raise NotOnvif("its picture is no whole JPEG")
        return reply.body

    def _get(self, place: Place, headers: Mapping[str, str] | None = None) -> Reply:
        wire = self._wire(place, reply_bytes=PICTURE_BYTES)
        try:
            with without_effect():
                return wire.call("GET", place.path, headers=headers)
        finally:
            wire.close()

    def _query(
        self, name: str, *, login: bool = True, at: Place | None = None, **values: str
    ) -> etree._Element:
        body = onvif.request(name, **values)
        place = at or Place(self._port, self._path)
        reply = self._call(place, self._security.secure(body) if login else body)
        if reply.status == 401:
            raise OnvifFault("NotAuthorized")
        if reply.status in (404, 405):
            raise NotOnvif(f"HTTP {reply.status}")
        if not 200 <= reply.status < 300:
            _raise_fault(reply)
            with without_effect():
                expect_success(reply)
        return onvif.content_of(reply.body)

    def _call(self, place: Place, body: bytes) -> Reply:
        wire = self._wire(place)
        try:
            with without_effect():
                return wire.call("POST", place.path, body=body, headers=_SOAP)
        finally:
            wire.close()

    def _wire(self, place: Place, *, reply_bytes: int | None = None) -> Wire:
        port = f":{place.port}" if place.port else ""
        root = f"{self._scheme}://{self._host}{port}"
        dialer = Dialer(root, timeout=self._limits.connect_timeout, tls=self._tls)
        limits = replace(self._limits, reply_bytes=reply_bytes or self._limits.reply_bytes)
        return Wire(root, limits=limits, dialer=dialer)


def _raise_fault(reply: Reply) -> None:
    """Raise the fault that a reply with an error status holds; one without is HTTP's own."""
    try:
        onvif.content_of(reply.body)
    except NotOnvif:
        return

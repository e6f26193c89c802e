"""How a photocopier is, asked over SNMP. Who copies what is not asked, and nothing is set.

SNMP does not answer a wrong community at all: that cannot be told from a photocopier that is off,
and the finding says so. Version 3 does say that a user or a password is wrong.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.devices.photocopier import printer_mib
from adapters.devices.photocopier.findings import PageCount, findings_of
from adapters.devices.secret_file import secret, why_unusable
from hub.rules.devices.health import DeviceFigure, DeviceFinding

LEAST_PASSWORD = 8
"""Of SNMP v3, by RFC 3414."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photocopier:
    """One photocopier, as a device to check."""

    name: str
    address: str
    """snmp://host[:port]"""
    place: str = ""
    community_file: str = ""
    user: str = ""
    password_file: str = ""
    privacy_password_file: str = ""
    digest: str = "sha256"
    kind: str = "photocopier"
    count: PageCount = field(default_factory=PageCount)
    _figures: list[DeviceFigure] = field(default_factory=list)

    def check(self) -> Sequence[DeviceFinding]:
        """Return what is wrong with the photocopier; reads only."""
        self._figures.clear()
        # pysnmp takes 0.3 s and memory, which an installation without a photocopier does not pay.
        from adapters.devices.photocopier import snmp

        try:
            login = snmp.SnmpLogin(
                community="" if self.user else self._community(),
                user=self.user,
                password=_password(self.password_file) if self.user else "",
                privacy_password=(
                    _password(self.privacy_password_file) if self.privacy_password_file else ""
                ),
                digest=self.digest,
            )
        except (OSError, ValueError) as error:
            return [DeviceFinding("copier_secret_unusable", why_unusable(error))]
        try:
            values = snmp.read_columns(self.address, login, printer_mib.COLUMNS)
        except snmp.NoAnswer as error:
            version = "v3" if self.user else "v2c"
            return [DeviceFinding("copier_no_answer", f"{self.address}, SNMP {version}: {error}")]
        except snmp.Refused as error:
            return [DeviceFinding("copier_refuses", f"{self.address}: {error}")]
        except snmp.WrongReply as error:
            return [DeviceFinding("copier_reply_impossible", f"{self.address}: {error}")]
        reading = printer_mib.read(values)
        if reading is None:
            return [DeviceFinding("copier_no_printer_mib", self.address)]
        self._figures[:] = printer_mib.figures(reading)
        return findings_of(reading) + self.count.findings(reading.pages, now=time.monotonic())

    def figures(self) -> Sequence[DeviceFigure]:
        """Return the counter, trays and supplies of the last check."""
        return tuple(self._figures)

    def _community(self) -> str:
        if not self.community_file:
            raise ValueError("no community_file, and no user with password_file")
        return secret(self.community_file)


def _password(file: str) -> str:
    found = secret(file)
    if len(found) < LEAST_PASSWORD:
        raise ValueError(f"{file}: shorter than {LEAST_PASSWORD} characters")
    return found

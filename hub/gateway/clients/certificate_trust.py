"""What is known of clients' certificates beside their registration: who signed them, which are
revoked.

The files are read again when they change; files that cannot be used change nothing. Asked for each
certificate that a connection, a proxy or a signed call shows. A list that is over still counts:
else one that came late would shut everybody out, or let everybody in.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hub.rules.clients import issuers, revocation
from hub.rules.clients.certificates import ClientCertificate
from hub.rules.clients.revocation import RevocationList
from hub.runtime.watched_files import WatchedFiles

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFiles:
    """The files; None where there is none."""

    signers: Path | None = None
    """PEM: authorities of the certificates that sign calls."""
    connections: Path | None = None
    """PEM: authorities of the certificates that connections are opened with."""
    revoked: Path | None = None
    """PEM or DER: revoked certificates of any of these authorities."""

    def authorities(self) -> "list[x509.Certificate]":
        """Return those of both files. Raises OSError and ValueError."""
        files = [it for it in (self.signers, self.connections) if it is not None]
        return [one for file in files for one in issuers.read(file.read_bytes())]

    def lists(self) -> list[RevocationList]:
        """Return the lists of revoked certificates. Raises OSError and ValueError."""
        if self.revoked is None:
            return []
        return revocation.read(self.revoked.read_bytes(), self.authorities())


class CertificateTrust:
    """What the files say now; threads share it."""

    def __init__(self, files: TrustFiles | None = None, *, each: float | None = None) -> None:
        """Read the files. Raises OSError and ValueError where they cannot be used."""
        files = files or TrustFiles()
        every = [it for it in (files.signers, files.connections, files.revoked) if it]
        self._lists = WatchedFiles(every, files.lists, each=each)
        place = files.signers
        self._signers = WatchedFiles(
            [place] if place else [],
            lambda: issuers.read(place.read_bytes()) if place else [],
            each=each,
        )

    def is_revoked(self, certificate: ClientCertificate) -> bool:
        """Return whether a certificate is on a list."""
        return any(it.names(certificate) for it in self._lists.value())

    def has_signer(self, der: bytes, *, now: datetime) -> bool:
        """Return whether an authority for signatures has signed a certificate."""
        return issuers.has_signed(self._signers.value(), der, now=now)

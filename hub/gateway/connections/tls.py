"""TLS of the gateway itself: TLS 1.2 at least, client certificates where an authority is named.

A client's certificate is asked for, not demanded: a device without one may still show its token.
It has to be signed by a named authority, and counts as a client only when `hub clients add
--certificate` has registered it. Renewed files, also those of the authorities, hold for every
connection from then on; files that cannot be used change nothing.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.runtime.watched_files import WatchedFiles

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secret and authenticated, nothing else. Those of TLS 1.3 are all."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the gateway's certificate with its chain, its key, the clients' authorities."""

    certificate: Path
    key: Path
    client_authorities: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context for a server. Raises OSError (ssl.SSLError is one) and ValueError."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers(CIPHERS)
        made.options |= ssl.OP_NO_RENEGOTIATION
        # A key with a password would be asked for at the terminal.
        made.load_cert_chain(self.certificate, self.key, password=lambda: "")
        if self.client_authorities is not None:
            made.load_verify_locations(self.client_authorities)
            made.verify_mode = ssl.CERT_OPTIONAL
        return made


class ServerContext(ssl.SSLContext):
    """The context that a server is given: each new connection gets that of the files as they are.

    asyncio asks a context for nothing but the line of a connection (`wrap_bio`).
    """

    _contexts: WatchedFiles[ssl.SSLContext]

    def __new__(cls, files: TlsFiles, *, each: float | None = None) -> "ServerContext":
        """Read the files. Raises OSError and ValueError where they cannot be used."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)
        names = [files.certificate, files.key]
        if files.client_authorities is not None:
            names.append(files.client_authorities)
        made._contexts = WatchedFiles(names, files.context, each=each)
        return made

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Return the TLS of a new connection."""
        return self._contexts.value().wrap_bio(*arguments, **options)

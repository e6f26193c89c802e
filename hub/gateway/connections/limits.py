"""How much and how slowly a connection may send, and how many may be open."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """The limits of one gateway. A device or a partner's software stays far below each of them."""

    head_bytes: int = 32 * 1024
    """Request line and header fields of a request together."""
    head_fields: int = 100
    target_bytes: int = 8 * 1024
    """Path and query."""
    head_time: timedelta = timedelta(seconds=10)
    """From the opening of a connection, or the first byte of a further request, to the last byte of
    its header."""
    body_window: timedelta = timedelta(seconds=10)
    """Over which the rate of a body is measured; the first one is granted."""
    body_rate: int = 1024
    """Bytes a second that a body brings at least; while the hub itself does not read, it counts
    nothing."""
    body_time: timedelta = timedelta(hours=1)
    """For a whole body, however fast."""
    write_time: timedelta = timedelta(seconds=60)
    """Over which the rate is measured at which a reader takes its answer."""
    write_rate: int = 1024
    """Bytes a second that a reader takes at least, while the hub waits for it."""
    drain_bytes: int = 8 * 1024 * 1024
    """Bytes that are read and thrown away after an answer that came before the end of a request, so
    that the sender reads it."""
    drain_time: timedelta = timedelta(seconds=5)
    idle_time: timedelta = timedelta(seconds=65)
    """For which a connection may wait between two requests; whole seconds."""
    handshake_time: timedelta = timedelta(seconds=10)
    """For a whole TLS handshake, as for the header of a request."""
    handshakes: int = 256
    """TLS handshakes that may be unfinished; the oldest ends for one more."""
    handshakes_per_address: int = 32
    connections: int = 1024
    per_address: int = 256
    tick: timedelta = timedelta(seconds=1)
    """How often connections are checked."""

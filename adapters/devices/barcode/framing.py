"""Cuts the bytes of a serial barcode reader into codes. Pure: time is an argument.

A code ends at any control character (CR, LF, TAB, ETX: what a reader sends is a setting of the
reader) or at a pause: a reader sends a code in one go, so a code that is followed by nothing is
whole. The symbology identifier that readers can put in front of a code (ISO/IEC 15424: `]C1`,
`]Q1`) is not a part of it.
"""

import re
from datetime import timedelta

LONGEST = 100
"""Bytes of a code; longer ones are noise on the line."""
QUIET_TIME = timedelta(milliseconds=300)
"""At 1,200 baud, the slowest setting of a reader, a character takes 8 ms."""
_END = re.compile(rb"[\x00-\x1f\x7f]")
_SYMBOLOGY = re.compile(rb"^\][A-Za-z][0-9A-Za-z]")


class Framing:
    """What has come of the next code."""

    def __init__(self, quiet_time: timedelta = QUIET_TIME) -> None:
        self._quiet_time = quiet_time.total_seconds()
        self._pending = b""
        self._quiet_since: float | None = None

    @property
    def waits(self) -> bool:
        """Tell whether a code has begun."""
        return bool(self._pending)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the codes that these bytes end, in order.

        Of more bytes than a code may have, the first `LONGEST` and one are kept: enough to be
        refused, once.
        """
        self._quiet_since = None
        *ended, pending = _END.split(self._pending + chunk)
        self._pending = pending[: LONGEST + 1]
        return list(filter(None, map(_plain, ended)))

    def quiet(self, now: float) -> list[bytes]:
        """Return the code that a pause has ended, if any; `now` in seconds of any clock.

        To be called when a look at the line found nothing. Time that the hub itself took to handle
        a code is no pause: the rest of the next code lies in the line meanwhile.
        """
        if not self._pending:
            return []
        if self._quiet_since is None:
            self._quiet_since = now
        if now - self._quiet_since < self._quiet_time:
            return []
        code, self._pending = _plain(self._pending), b""
        return [code] if code else []


def _plain(code: bytes) -> bytes:
    return _SYMBOLOGY.sub(b"", code.strip())

"""Pulls a file from a partner as a stream: memory stays flat whatever the size.

Reading has no effect at the partner, so every failure is a TransientFailure, also half-way.
Redirects are not followed and content codings are not asked for.
"""

import io
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from adapters.wire.http import Limits
from hub.rules.errors import TransientFailure


class Download(io.RawIOBase):
    """A file being pulled; read it when `status` is 200, and close it."""

    def __init__(
        self, pool: urllib3.HTTPConnectionPool, response: urllib3.BaseHTTPResponse, *, limit: int
    ) -> None:
        super().__init__()
        self.status = response.status
        self.deadline = float("inf")
        """Time of `time.monotonic` after which no more is read."""
        self._pool = pool
        self._response = response
        self._left = limit

    def readable(self) -> bool:
        """Tell that this stream can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there into `buffer`; ends at the limit. Raises TransientFailure."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._left)
        if time.monotonic() > self.deadline:
            raise TransientFailure("partner_unreachable", "the file did not end in time")
        try:
            piece = self._response.read1(wanted, decode_content=False) if wanted else b""
        except (HTTPError, OSError) as error:
            raise TransientFailure("partner_unreachable", type(error).__name__) from None
        view[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        """Give up the connection; safe to call twice."""
        if not self.closed:
            self._response.close()
            self._pool.close()
        super().close()


def download(
    base_url: str,
    target: str,
    headers: Mapping[str, str],
    limits: Limits,
    *,
    limit: int,
    slowest: int = 16 * 1024,
) -> Download:
    """Open `base_url` + `target` for reading, at most `limit` bytes of it; look at `status` first.

    A file may take the reply timeout and what it needs at `slowest` bytes a second. Raises
    TransientFailure `partner_unreachable`.
    """
    parts = urlsplit(base_url)
    timeout = urllib3.Timeout(
        connect=limits.connect_timeout.total_seconds(), read=limits.reply_timeout.total_seconds()
    )
    origin = f"{parts.scheme}://{parts.netloc}"
    pool = urllib3.connectionpool.connection_from_url(origin, timeout=timeout, maxsize=1)
    try:
        response = pool.urlopen(
            "GET",
            parts.path.rstrip("/") + target,
            headers={"Accept-Encoding": "identity", **headers},
            preload_content=False,
            redirect=False,
            retries=False,
        )
    except (HTTPError, OSError) as error:
        pool.close()
        raise TransientFailure("partner_unreachable", type(error).__name__) from None
    found = Download(pool, response, limit=limit)
    patience = limits.reply_timeout.total_seconds() + limit / slowest
    found.deadline = time.monotonic() + patience
    return found

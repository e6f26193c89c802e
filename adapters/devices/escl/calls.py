"""A scanner by eSCL over the hub's own wire: one job at a time, its pages pulled one by one.

A page that came is a page: it is handed on as it was given. A job ends when the scanner says so and
its count is that of the pages here; otherwise ScanFailed says what is missing, with the number of
pages that did come. A job that is left is cancelled, so that the scanner does not hold it.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from adapters.devices.escl.documents import (
    Capabilities,
    Job,
    JobStatus,
    NotEscl,
    ScannerStatus,
    ScanSettings,
    job_of,
    read_capabilities,
    read_status,
    write_settings,
)
from adapters.devices.escl.pulling import NextStep, next_step
from adapters.wire.connections import Dialer
from adapters.wire.http import Limits, Reply, Wire
from adapters.wire.profile import Tls
from adapters.wire.replies import expect_success, retry_after, without_effect
from hub.rules.failures.errors import DeliveryFailure

LIMITS: Final = Limits(
    connect_timeout=timedelta(seconds=5),
    reply_timeout=timedelta(seconds=60),
    reply_bytes=64 * 1024 * 1024,
    connections=0,
)
PATIENCE: Final = timedelta(seconds=90)
"""How long the next page is waited for."""
PAUSE: Final = timedelta(seconds=1)
"""Between two calls for a page that is not ready, where the scanner asks for no other wait."""
MOST_PAGES: Final = 2_000
_XML: Final = {"Content-Type": "text/xml"}


class ScanFailed(Exception):
    """A scan did not come to its end; `why` as in `pulling`, or `timeout`."""

    def __init__(self, why: str, *, pages: int, detail: str = "") -> None:
        super().__init__(f"{why} after {pages} pages{': ' if detail else ''}{detail}")
        self.why = why
        self.pages = pages


class EsclScanner:
    """One scanner."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: str = "",
        limits: Limits = LIMITS,
        patience: timedelta = PATIENCE,
        pause: timedelta = PAUSE,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """`url` is http(s)://host[:port]/eSCL. Raises ValueError, and OSError for the roots."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("a scanner's address is http(s)://host/eSCL")
        self._base = parts.path.rstrip("/")
        self._hosts = ("", parts.netloc, parts.hostname)
        root = f"{parts.scheme}://{parts.netloc}"
        tls = Tls(ca_file=ca_file) if ca_file else Tls()
        dialer = Dialer(root, timeout=limits.connect_timeout, tls=tls)
        self._wire = Wire(root, limits=limits, dialer=dialer)
        self._patience, self._pause, self._wait = patience, pause, wait

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()

    def capabilities(self) -> Capabilities:
        """Return what the scanner can do. Raises NotEscl and DeliveryFailure."""
        return read_capabilities(self._read("/ScannerCapabilities"))

    def status(self) -> ScannerStatus:
        """Return how the scanner is. Raises NotEscl and DeliveryFailure."""
        return read_status(self._read("/ScannerStatus"))

    def scan(self, wanted: ScanSettings, able: Capabilities) -> Iterator[bytes]:
        """Scan, and yield each page as it comes: a JPEG, as the scanner made it.

        Raises ScanFailed, NotEscl and DeliveryFailure; then, and where the reader of the pages
        leaves, the job is cancelled.
        """
        job = self._begin(wanted, able)
        ended = False
        try:
            yield from self._pages(job)
            ended = True
        finally:
            if not ended:
                self.cancel(job.path)

    def cancel(self, job: str) -> None:
        """End a job, so far as the scanner answers."""
        try:
            self._wire.call("DELETE", job)
        except DeliveryFailure:
            return  # it ends such a job by itself, and the next one says that it is busy

    def _begin(self, wanted: ScanSettings, able: Capabilities) -> Job:
        body = write_settings(wanted, able)
        reply = self._wire.call("POST", f"{self._base}/ScanJobs", body=body, headers=_XML)
        if reply.status in (409, 503):
            raise ScanFailed("busy" if reply.status == 503 else "refused", pages=0)
        expect_success(reply)
        return job_of(reply.header("location"))

    def _pages(self, job: Job) -> Iterator[bytes]:
        pages, waits_until = 0, time.monotonic() + self._patience.total_seconds()
        while pages < MOST_PAGES:
            with without_effect():
                reply = self._wire.call("GET", f"{job.path}/NextDocument")
            if reply.status == 200:
                pages += 1
                waits_until = time.monotonic() + self._patience.total_seconds()
                yield reply.body
                continue
            following = next_step(reply.status, self._job(job.path), pages=pages)
            if following.step is NextStep.END:
                if not pages:
                    raise ScanFailed("no_page", pages=0, detail=self._detail(reply, job))
                return
            if following.step is NextStep.FAIL:
                raise ScanFailed(following.why, pages=pages, detail=f"HTTP {reply.status}")
            if time.monotonic() > waits_until:
                raise ScanFailed("timeout", pages=pages, detail=f"HTTP {reply.status}")
            self._wait(self._until_next(reply))
        raise ScanFailed("too_many_pages", pages=pages)

    def _detail(self, reply: Reply, job: Job) -> str:
        """Return what a scanner without a page has answered. It may have named another address."""
        elsewhere = f", it names {job.host} for its pages" if job.host not in self._hosts else ""
        return f"HTTP {reply.status}{elsewhere}"

    def _until_next(self, reply: Reply) -> float:
        """Return the seconds until the next call: what the scanner asks for, in bounds."""
        wait = retry_after(reply)
        wanted = self._pause if wait is None else min(wait, self._patience / 3)
        return max(wanted, self._pause).total_seconds()

    def _job(self, job: str) -> JobStatus | None:
        return self.status().jobs.get(job)

    def _read(self, target: str) -> bytes:
        with without_effect():
            reply = self._wire.call("GET", f"{self._base}{target}")
        if reply.status in (404, 405):
            raise NotEscl(f"HTTP {reply.status}")
        with without_effect():
            expect_success(reply)
        return reply.body

"""Clients by what they show, remembered for a second.

A call of a known client does not read the store each time; what a person retires is refused a
second later at the latest, in every process. What is not known is not remembered: a stranger cannot
fill the memory.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from fastapi.concurrency import run_in_threadpool

from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.proxies import PresentedCertificate
from hub.ports import Clock
from hub.rules.clients import access_tokens, api_keys, certificates
from hub.store.clients import secrets, tokens
from hub.store.clients.secrets import Holder
from hub.store.engine.store import Store, Tx

REMEMBERED = timedelta(seconds=1)
MOST = 1024
"""Remembered at once; beyond that the memory is emptied."""


class KnownClients:
    """Used on the event loop."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        trust: CertificateTrust,
        remembered: timedelta = REMEMBERED,
    ) -> None:
        self.store = store
        self.clock = clock
        self.trust = trust
        self.remembered = remembered
        self._found: dict[str, tuple[datetime, Holder]] = {}
        self._reading: dict[str, asyncio.Task[Holder | None]] = {}
        """Readings under way: calls that come meanwhile wait for the same one."""

    async def by_key(self, text: str) -> Holder | None:
        """Return the holder of a live key, None for any other text."""
        key = api_keys.read(text)
        if key is None:
            return None
        holder = await self._of(f"key {key.prefix}", lambda tx: secrets.by_prefix(tx, key.prefix))
        return holder if holder and api_keys.matches(holder.secret.digest, key) else None

    async def by_token(self, text: str) -> Holder | None:
        """Return the holder of a live access token, None for any other text."""
        if not access_tokens.is_token(text):
            return None
        digest = api_keys.digest(text)
        return await self._of(f"token {digest}", lambda tx: tokens.by_digest(tx, digest))

    def forget_token(self, digest: str) -> None:
        """Read a token from the store again at its next call."""
        self._found.pop(f"token {digest}", None)
        self._reading.pop(f"token {digest}", None)

    async def by_certificate(self, shown: PresentedCertificate) -> Holder | None:
        """Return the holder of a certificate that is valid now and not revoked; None where it is
        no client's.
        """
        name = f"certificate {hashlib.sha256(shown.der).hexdigest()} {shown.verified}"
        return await self._of(name, lambda tx: self._holder(tx, shown))

    def _holder(self, tx: Tx, shown: PresentedCertificate) -> Holder | None:
        found = certificates.read(shown.der)
        if found is None or self.clock() < found.not_before or self.trust.is_revoked(found):
            return None
        holder = secrets.by_certificate(tx, found.digests(verified=shown.verified))
        if holder is None:
            return None
        ends = min(holder.secret.expires_at, found.not_after)
        secret = replace(holder.secret, expires_at=ends, certificate_ends_at=found.not_after)
        return replace(holder, secret=secret)

    async def _of(self, what: str, read: Callable[[Tx], Holder | None]) -> Holder | None:
        now = self.clock()
        known = self._found.get(what)
        if known is None or not timedelta() <= now - known[0] < self.remembered:
            self._found.pop(what, None)
            holder = await self._read_once(what, read, now)
        else:
            holder = known[1]
        return holder if holder and holder.secret.is_live(now) else None

    async def _read_once(
        self, what: str, read: Callable[[Tx], Holder | None], now: datetime
    ) -> Holder | None:
        reading = self._reading.get(what)
        if reading is None:
            reading = asyncio.create_task(self._remember(what, read, now))
            self._reading[what] = reading
            reading.add_done_callback(lambda ended: self._end_reading(what, ended))
        return await asyncio.shield(reading)  # a caller that goes away ends it for no other

    def _end_reading(self, what: str, reading: "asyncio.Task[Holder | None]") -> None:
        if self._reading.get(what) is reading:
            del self._reading[what]
        if not reading.cancelled():
            reading.exception()  # asked for, or asyncio would log it where no caller waits any more

    async def _remember(
        self, what: str, read: Callable[[Tx], Holder | None], now: datetime
    ) -> Holder | None:
        holder = await run_in_threadpool(self._read, read)
        # Not what was forgotten meanwhile.
        if holder is not None and self._reading.get(what) is asyncio.current_task():
            if len(self._found) >= MOST:
                self._found.clear()
            self._found[what] = (now, holder)
        return holder

    def _read(self, read: Callable[[Tx], Holder | None]) -> Holder | None:
        with self.store.read() as tx:
            return read(tx)

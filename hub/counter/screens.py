"""Which kiosk or display asks: a client of the hub with the right to be one, known by its key.

The device's start page posts the key once; a cookie that no script reads carries it afterwards.
Every page compares it anew, so a retired key opens nothing from that moment on. No session of an
operator exists at this port.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from hub.counter.forms import typed
from hub.counter.parts import CounterParts
from hub.rules.clients import api_keys
from hub.rules.clients.client import Client
from hub.rules.devices.reading import DISPLAY, KIOSK
from hub.store.clients import calls, secrets
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.store.users import sign_in_failures as failures

COOKIE = "hub-screen"
MOST_FORMS = 30
"""Forms that one kiosk may send within any minute, where its client has no lower limit."""


FREE_ENTRIES = 20
"""Wrong keys in a row from one address after which the next one has to wait."""


class UnknownScreen(Exception):
    """The request shows no live key of a kiosk or display."""


class TooManyForms(Exception):
    """The kiosk has sent too many forms within a minute."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A device in the hall."""

    name: str
    kind: str
    client: Client

    @property
    def start(self) -> str:
        """The path of its first page."""
        return "/kiosk" if self.kind == KIOSK else f"/display/{self.name}"


def kind_of(client: Client) -> str:
    """Return what a client may be in the hall, "" for nothing; the right is named, never `*`."""
    for kind in (KIOSK, DISPLAY):
        if f"counter.{kind}" in client.operations:
            return kind
    return ""


def screen_of(tx: Tx, key: str, *, address: str, now: datetime) -> Screen | None:
    """Return the device of a key, None for a key that opens nothing from that address."""
    shown = api_keys.read(key)
    holder = secrets.by_prefix(tx, shown.prefix) if shown else None
    if shown is None or holder is None or not api_keys.matches(holder.secret.digest, shown):
        return None
    client, kind = holder.client, kind_of(holder.client)
    if not kind or not holder.secret.is_live(now) or not client.allows_address(address):
        return None
    return Screen(client.id, kind, client)


class Screens:
    """Finds the device of a request."""

    def __init__(self, parts: CounterParts) -> None:
        self._parts = parts

    def find(self, request: Request, kind: str) -> Screen:
        """Return the device; raises UnknownScreen, also for one of the other kind."""
        parts, key = self._parts, request.cookies.get(COOKIE, "")
        with parts.store.read() as tx:
            found = screen_of(tx, key, address=parts.address_of(request), now=parts.clock())
        if found is None or found.kind != kind:
            raise UnknownScreen
        return found

    def kiosk(self, request: Request) -> Screen:
        """Return the kiosk of a request; raises UnknownScreen."""
        return self.find(request, KIOSK)

    def sender(self, request: Request) -> Screen:
        """Return the kiosk that sends a form, and count it; raises also TooManyForms."""
        found = self.kiosk(request)
        limit = min(found.client.calls_per_minute or MOST_FORMS, MOST_FORMS)
        with self._parts.store.write() as tx:
            if not calls.reserve(tx, found.name, 1, most=limit, now=self._parts.clock()):
                raise TooManyForms
        return found


def install(app: FastAPI, parts: CounterParts) -> None:
    """Add the address that a device's start page asks, and to which it posts the key."""

    @app.get("/enter")
    async def answer() -> Response:
        """Say that the hub is there: a page of another origin may see that, and nothing else.

        It tells the hub's answer from that of a proxy before it, which does not allow the origin.
        """
        return Response(status_code=204, headers={"Access-Control-Allow-Origin": "*"})

    @app.post("/enter")
    async def enter(request: Request) -> Response:
        key = (await typed(request, own=False)).get("key", "").strip()
        found = _entered(parts, request, key)
        answer = RedirectResponse(found.start, status_code=303)
        secure = request.url.scheme == "https"
        # Lax: the start page is a file of the device, so that this is a call from elsewhere.
        answer.set_cookie(COOKIE, key, httponly=True, samesite="lax", secure=secure)
        return answer


def _entered(parts: CounterParts, request: Request, key: str) -> Screen:
    address, now = parts.address_of(request), parts.clock()
    with parts.store.write() as tx:
        found = screen_of(tx, key, address=address, now=now)
        shown = api_keys.read(key)
        if found is None:
            # A key cannot be guessed; but nobody fills the audit either.
            source = hashlib.sha256(f"\0screen {address}".encode()).hexdigest()
            if failures.begin(tx, source, now=now, free=FREE_ENTRIES) is not None:
                raise TooManyForms
        elif shown is not None:
            secrets.used(tx, [shown.prefix], now=now)
        name = found.name if found else f"stranger at {address}"
        audit.record(tx, name, "counter.enter", object=name, allowed=found is not None, now=now)
    if found is None:
        raise UnknownScreen
    return found

"""The hall of a drill: a kiosk and a display with keys, and made-up visitors who get tickets.

Each device has a start page, a file for its owner only: opened with a browser, it enters.
"""

import random
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from hub.drill.sandbox.files import write_private
from hub.operations.clients import issuing
from hub.operations.counter import queue
from hub.operations.signed_by import SignedBy
from hub.rules.clients.client import ANY, Client
from hub.rules.counter.plan import packaged
from hub.rules.counter.tickets import DeskAct, office_day
from hub.store.clients import registry
from hub.store.counter import tickets
from hub.store.engine.store import Store

DEVICES = {"kiosk-1": "kiosk", "display-1": "display"}
"""Each device with what it is."""
_LASTS = timedelta(days=365)
_VISITORS = 14
"""Tickets of the day before anybody is called."""
_START = """<!doctype html><title>{name}</title>
<form method="post" action="{address}/enter"><input type="hidden" name="key" value="{key}"></form>
<script>document.forms[0].submit()</script>
"""


def start_page(directory: Path, device: str) -> Path:
    """Return the file that enters a device."""
    return directory / f"{device}.html"


def make(store: Store, directory: Path, *, address: str, now: datetime) -> None:
    """Register the devices that are not there yet, and write their start pages."""
    with store.read() as tx:
        known = {it.client.id for it in registry.all_of(tx)}
    for name, kind in DEVICES.items():
        if name in known:
            continue
        rights = frozenset({f"counter.{kind}"})
        client = Client(id=name, operations=rights, agencies=frozenset({ANY}))
        issued = issuing.add(store, client, lasts=_LASTS, by=_signed(now))
        if issued.key is not None:
            page = _START.format(name=name, address=address, key=issued.key.text)
            write_private(start_page(directory, name), page)


class Visitors:
    """Persons who get tickets, and officers who call them."""

    def __init__(self, store: Store) -> None:
        self._store, self._plan = store, packaged()
        self._numbers = count()

    def step(self, now: datetime) -> None:
        """Have persons come, and each desk end a ticket or call the next."""
        with self._store.read() as tx:
            come = _VISITORS if not tickets.waiting(tx, office_day(now)) else 1
        for _ in range(come):
            category = random.choice(list(self._plan.categories))  # noqa: S311
            request = f"drill{now:%Y%m%d%H%M%S%f}{next(self._numbers)}"
            queue.issue(self._store, self._plan, category, request=request, by=_signed(now))
        for desk in self._plan.desks:
            if random.random() < 0.5:  # noqa: S311
                self._work(desk, now)

    def _work(self, desk: str, now: datetime) -> None:
        with self._store.read() as tx:
            present = tickets.at_desk(tx, office_day(now), desk)
        with suppress(queue.TicketRefused):  # nobody waits, or a person at the console was faster
            if present is None:
                queue.call_next(self._store, self._plan, desk, by=_signed(now))
            else:
                act = random.choice((DeskAct.SERVED, DeskAct.SERVED, DeskAct.NO_SHOW))  # noqa: S311
                calls = present.calls
                queue.end_or_recall(
                    self._store, self._plan, present.id, act, calls=calls, by=_signed(now)
                )


def _signed(now: datetime) -> SignedBy:
    return {"actor": "script drill", "reason": "a drill", "now": now}

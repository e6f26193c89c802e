"""The hall for tests: the counter's application over a ward, and devices with keys."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx

from hub.counter.app import create_app
from hub.counter.live_lines import LiveLines
from hub.counter.parts import CounterParts
from hub.gateway.serve import WebRole
from hub.operations.clients import issuing
from hub.operations.signed_by import SignedBy
from hub.records.rulebook import Rulebook
from hub.rules.clients.client import ANY, Client
from hub.store.engine.store import Store
from tests.support.console import NO_TLS
from tests.support.ward import Ward
from tests.support.works import now

AGENCY = "000.99.01.H57"
OWN = {"sec-fetch-site": "same-origin"}
"""What a browser says of a form of the same application."""


def key_of(store: Store, name: str, kind: str, *, addresses: tuple[str, ...] = ()) -> str:
    """Register a device of the hall; return its key."""
    client = Client(
        id=name,
        operations=frozenset({f"counter.{kind}"}),
        agencies=frozenset({ANY}),
        addresses=addresses,
    )
    issued = issuing.add(store, client, lasts=timedelta(days=365), by=signed())
    assert issued.key is not None
    return issued.key.text


def signed(at: datetime | None = None) -> SignedBy:
    """Return how an act of a test is signed."""
    return {"actor": "Trần Thị Bình", "reason": "a test", "now": at or now()}


@dataclass
class Hall:
    """The served application; `restart` is what a crash and a new start are."""

    ward: Ward
    clock: Callable[[], datetime] = now
    idle: timedelta = timedelta(seconds=45)
    port: int = 0
    lines: LiveLines = field(default_factory=LiveLines)
    role: WebRole | None = None
    keys: dict[str, str] = field(default_factory=dict)
    """Of the devices that a test let in, by kind."""

    def start(self) -> None:
        """Serve, at the port of before where there was one."""
        parts = CounterParts(
            store=self.ward.store,
            clock=self.clock,
            intake=self.ward.intake,
            rules=Rulebook.load(),
            agency=AGENCY,
            idle=self.idle,
        )
        app = create_app(parts, self.lines)
        self.role = WebRole(app, name="counter", host="127.0.0.1", port=self.port)
        self.role.start()
        self.port = self.role.port

    def stop(self) -> None:
        """End the process that serves."""
        if self.role is not None:
            self.role.stop()
            self.role = None

    @property
    def url(self) -> str:
        """Where the hall is served."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def browser(self, key: str = "", *, language: str = "en") -> Iterator[httpx.Client]:
        """Give a browser of a device that has entered with its key."""
        headers = {"accept-language": language, **OWN}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS) as found:
            if key:
                found.post("/enter", data={"key": key})
            yield found


@contextmanager
def hall(
    ward: Ward,
    *,
    clock: Callable[[], datetime] = now,
    idle: timedelta = timedelta(seconds=45),
) -> Iterator[Hall]:
    """Serve the hall of a ward."""
    made = Hall(ward, clock=clock, idle=idle)
    made.start()
    yield made
    made.stop()


def hidden_of(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a page that goes to an address."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))

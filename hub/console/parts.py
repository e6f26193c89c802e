"""What the pages are made of: the store, the clock, and whom the hub delivers to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from hub.exchange.delivery.known_effects import OnDelivered
from hub.messages.invalid import InvalidMessage
from hub.ports import BlobPath, Clock, Destination
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.reading import packaged
from hub.store.engine.store import Store


def peer_of(request: Request) -> str:
    """Return the address of the other end of the line."""
    return request.client.host if request.client else "unknown"


def no_file(sha256: str) -> Path:
    """Return the path of no file."""
    raise InvalidMessage("file_missing", where=sha256[:64], why="no file store")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Handed to every page. A page that acts does so by the operations, as the command line."""

    store: Store
    clock: Clock
    destinations: tuple[str, ...]
    """In the order in which they are shown."""
    broker_url: str = field(default="", repr=False)
    """Of RabbitMQ; "" where the hub has the in-process broker."""
    management_url: str = field(default="", repr=False)
    code_key: Callable[[], bytes | None] = lambda: None
    """Content of the key file, which one-time codes are checked with."""
    address_of: Callable[[Request], str] = peer_of
    """Where a request comes from; a reverse proxy is believed only if it has proven itself."""
    agency: str = ""
    """The ward's code, by which a partner's list tells its own dossiers."""
    partners: Sequence[Destination] = ()
    """Those that can be queried before something is sent again."""
    alerts: AlertPlan = field(default_factory=packaged)
    """Rules and channels of alerts."""
    kept_outside: Callable[[], Sequence[Incident]] = tuple
    """Open incidents that no database can keep, from the files of this machine."""
    file_path: BlobPath = no_file
    on_delivered: OnDelivered = lambda *_: None
    """What the records do when a partner turns out to have a message."""

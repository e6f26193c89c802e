"""What the pages are made of: the store, the clock, and whom the hub delivers to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from hub.exchange.delivery.known_effects import OnDelivered
from hub.messages.invalid import InvalidMessage
from hub.operations.devices.printing import PrintingParts
from hub.operations.devices.snapshots import Snapshots
from hub.operations.users.providers import IdentityProvider
from hub.ports import BlobPath, Clock, Destination
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.reading import packaged
from hub.rules.counter import plan as counter_plan
from hub.rules.counter.plan import CounterPlan
from hub.store.engine.store import Store
from hub.web.reader import ReaderKeys


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
    oidc_issuer: str = ""
    """The provider of identities that accounts can be linked to; "" for none."""
    identities: IdentityProvider | None = None
    """By which persons may sign in."""
    deny_identity: Callable[[str, str], None] = lambda _where, _code: None
    """Audits a refused sign-in by that provider: from where (masked), and the code."""
    agency: str = ""
    """The ward's code, by which a partner's list tells its own dossiers."""
    partners: Sequence[Destination] = ()
    """Those that can be queried before something is sent again."""
    alerts: AlertPlan = field(default_factory=packaged)
    """Rules and channels of alerts."""
    counter: CounterPlan = field(default_factory=counter_plan.packaged)
    """Desks, and categories of tickets."""
    reader: ReaderKeys = field(default_factory=ReaderKeys)
    """How the barcode readers at the workstations type."""
    kept_outside: Callable[[], Sequence[Incident]] = tuple
    """Open incidents that no database can keep, from the files of this machine."""
    file_path: BlobPath = no_file
    snapshots: Snapshots | None = None
    """The cameras, and where their pictures are; None where no picture can be taken."""
    printing: PrintingParts | None = None
    """What ordering a paper takes; None where nothing can be printed."""
    on_delivered: OnDelivered = lambda *_: None
    """What the records do when a partner turns out to have a message."""

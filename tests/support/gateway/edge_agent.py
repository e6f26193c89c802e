"""An agent for tests: enrolled at a gateway, with its spool and its line."""

from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from adapters.wire.http import Limits, Wire
from hub.edge.line import HubLine
from hub.edge.sending.events import EventSender
from hub.edge.sending.roles import LineState
from hub.edge.sending.uploads import FileUploader
from hub.edge.spool.spool import Spool
from hub.messages import catalog
from hub.messages import payloads as p
from hub.messages.envelope import Message
from hub.operations.edge import enrolling
from hub.operations.signed_by import SignedBy
from hub.runtime.clock import utc_now
from hub.store.engine.store import Store

AGENCY = "000.00.00.H57"


def code_of(number: int, at: datetime, *, device: str) -> Message:
    """Return a barcode that was read; each number is another dossier."""
    text = f"{AGENCY}-{at:%y%m%d}-{number:06d}"
    payload = p.BarcodeScanned(number=text, station=p.Station.INTAKE, scanned_at=at, device=device)
    return catalog.compose(payload, time=at, source=device)


def signed(reason: str = "test") -> SignedBy:
    """Return who acts."""
    return {"actor": "Trần Thị Mẫu", "reason": reason, "now": utc_now()}


def enrolled(store: Store, name: str, *, agency: str = "") -> str:
    """Add an agent, enrol it, and return its key."""
    code = enrolling.add(store, name, agency=agency, by=signed())
    made = enrolling.enrol(store, code.text, address="127.0.0.1", now=utc_now())
    assert made is not None
    return made.key


class EdgeAgent:
    """The parts of an agent, each taken in steps."""

    def __init__(self, directory: Path, url: str, key: str, *, budget: int = 50_000_000) -> None:
        assert urlsplit(url).hostname == "127.0.0.1"
        limits = Limits(
            connect_timeout=timedelta(seconds=5), reply_timeout=timedelta(seconds=20), connections=0
        )
        self.wire = Wire(url, limits=limits)
        self.line = HubLine(self.wire, key)
        self.spool = Spool(directory, budget=budget)
        state = LineState()
        self.sender = EventSender(self.spool, self.line, state)
        self.uploader = FileUploader(self.spool, self.line, state, sender=self.sender)

    def send_all(self) -> None:
        """Send until nothing waits. Raises HubAway and AgentRefused."""
        while self.uploader.run_once() or self.sender.run_once():
            pass

    def close(self) -> None:
        """Close what is open."""
        self.spool.close()
        self.wire.close()

"""A small hub over real HTTP for the town's tests, and the town simulator beside it.

The hub's callbacks and files are real (`TownCallbacks` over a socket); only the store behind them
is memory. `wait_for` waits on a signal, never on the clock.
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from adapters.simulation.process import SimulatorProcess
from adapters.town_center.callbacks.source import TownCallbacks
from adapters.town_center.settings import TownSettings
from hub.messages import catalog
from hub.messages.envelope import Attachment, Message
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import (
    Applicant,
    Component,
    Parcel,
    TownStepReported,
    TownTransfer,
)
from hub.ports import Accepted
from tests.support.payloads import read_as

HUE = ZoneInfo("Asia/Ho_Chi_Minh")
CLIENT_SECRET, CALLBACK_SECRET, FILE_TOKEN = "client-word", "callback-word", "file-word"
PATIENCE = 60.0
"""Seconds after which a test that waits for a signal gives up."""


class MemorySink:
    """A sink that keeps everything in memory, like the hub: a second telling is a duplicate."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.messages: dict[str, Message] = {}
        self.files: dict[str, bytes] = {}
        self.tellings = 0

    def accept(self, message: Message) -> Accepted:
        key = catalog.dedup_key(message, catalog.read(message))
        with self.changed:
            for attachment in message.attachments:
                if attachment.sha256 not in self.files:
                    raise InvalidMessage("file_missing", where="$", why="not stored")
            duplicate = key in self.messages
            self.messages.setdefault(key, message)
            self.tellings += 1
            self.changed.notify_all()
        return Accepted(message.id, duplicate)

    def store_file(
        self,
        stream: BinaryIO,
        *,
        name: str,
        media_type: str,
        component: str = "",
        sha256: str = "",
        keep: bool = False,  # noqa: ARG002 - nothing is refused here
    ) -> Attachment:
        content = b"".join(iter(lambda: stream.read(1000), b""))
        found = hashlib.sha256(content).hexdigest()
        if sha256 and found != sha256:
            raise InvalidMessage("file_hash_wrong", where="file", why="content differs")
        with self.changed:
            self.files[found] = content
        return Attachment(
            name=name, media_type=media_type, size=len(content), sha256=found, component=component
        )

    def file_size(self, sha256: str) -> int | None:
        """Return the size of a stored file."""
        content = self.files.get(sha256)
        return None if content is None else len(content)

    def steps(self, number: str) -> list[TownStepReported]:
        """Return what was accepted of a dossier, by sequence."""
        with self.changed:
            read = [read_as(m, TownStepReported) for m in self.messages.values()]
        return sorted((s for s in read if s.number == number), key=lambda step: step.sequence)


class LittleHub:
    """The hub's two addresses that the town uses, and what came in through them."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        self.callbacks: TownCallbacks | None = None
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.before: Callable[[], None] = lambda: None
        """Runs at the beginning of each callback."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def put(self, content: bytes) -> Attachment:
        """Store a scanned file."""
        digest = hashlib.sha256(content).hexdigest()
        with self.sink.changed:
            self.sink.files[digest] = content
        return Attachment(
            name="quet.pdf",
            media_type="application/pdf",
            size=len(content),
            sha256=digest,
            component="TP1",
        )

    def wait_for(self, true: Callable[[], bool]) -> None:
        """Return when `true()`, looked at again after each accepted message."""
        with self.sink.changed:
            assert self.sink.changed.wait_for(true, PATIENCE), self.answers[-3:]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self.callbacks:
            self.callbacks.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hub.before()
                if self.path != "/town/callbacks" or hub.callbacks is None:
                    self._answer(404, b"{}")
                    return
                answer = hub.callbacks.receive(body, dict(self.headers), hub.sink)
                status, reply = answer.status, answer.reply
                hub.answers.append((status, reply))
                self._answer(status, json.dumps(reply).encode())

            def do_GET(self) -> None:
                content = hub.sink.files.get(self.path.removeprefix("/files/"))
                if self.headers.get("Authorization") != f"Bearer {FILE_TOKEN}":
                    self._answer(401, b"")
                elif content is None:
                    self._answer(404, b"")
                else:
                    self._answer(200, content)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        return Handler


def settings_for(town_url: str, hub_url: str, **changes: Any) -> TownSettings:
    """Return settings that fit a simulator of `running_town`."""
    values: dict[str, Any] = {
        "url": town_url,
        "client_id": "ward",
        "client_secret": CLIENT_SECRET,
        "callback_secret": CALLBACK_SECRET,
        "file_base_url": f"{hub_url}/files",
        "reply_timeout": timedelta(seconds=20),
    }
    return TownSettings(**(values | changes))


def start_town(place: Path, hub_url: str, *arguments: str) -> SimulatorProcess:
    """Start a simulated town whose ledger and log are in `place`."""
    place.mkdir(parents=True, exist_ok=True)
    secrets = []
    for name, word in (
        ("callback-secret", CALLBACK_SECRET),
        ("file-token", FILE_TOKEN),
        ("client-secret", CLIENT_SECRET),
    ):
        (place / name).write_text(word + "\n")
        secrets += [f"--{name}-file", str(place / name)]
    return SimulatorProcess.start(
        "adapters.town_center.simulator",
        [*secrets, "--hub-url", hub_url, *arguments],
        ledger=place / "town.db",
        log=place / "town.log",
    )


@contextmanager
def running_town(place: Path, *arguments: str) -> Iterator[tuple[LittleHub, SimulatorProcess]]:
    """A small hub and a simulated town that know each other."""
    hub = LittleHub()
    try:
        with start_town(place, hub.url, *arguments) as town:
            hub.callbacks = TownCallbacks(settings_for(town.url, hub.url))
            yield hub, town
    finally:
        hub.close()


def transfer(number: str, **changes: Any) -> TownTransfer:
    """Return a land dossier of July 2018 with one paper."""
    values: dict[str, Any] = {
        "number": number,
        "version": 1,
        "procedure": "1.012753",
        "procedure_name": "Đăng ký đất đai lần đầu",
        "applicant": Applicant(name="Người Thử", identity_number="000000000001"),
        "received_at": datetime(2018, 7, 24, 8, 30, tzinfo=HUE),
        "due_at": datetime(2018, 9, 4, 17, tzinfo=HUE),
        "transferred_at": datetime(2018, 7, 24, 10, tzinfo=HUE),
        "officer": "Cán bộ địa chính",
        "components": (Component(code="TP1", name="Đơn đăng ký", originals=1),),
        "parcels": (Parcel(number="12", map_sheet="7", area_m2=150.5, address="Tổ 1"),),
    }
    return TownTransfer(**(values | changes))


def message_of(payload: Any, *attachments: Attachment, id: str | None = None) -> Message:
    """Return the message that says `payload`."""
    now = datetime(2018, 7, 24, 10, tzinfo=HUE)
    return catalog.compose(payload, time=now, source="records", id=id, attachments=attachments)

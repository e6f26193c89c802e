"""The load: dossiers handed in through the gateway, each message told until it is acknowledged.

What was acknowledged is written down here and nowhere else: it is the truth that "lost" is
measured by. An answer that got lost is no reason to forget a message, it is told again.
"""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from adapters.devices.scanner.simulator import page
from adapters.wire.http import Limits, Reply, Wire
from hub.drill.pilot.scenario import Planned
from hub.messages import catalog, envelope
from hub.messages import payloads as p
from hub.messages.envelope import Attachment
from hub.rules.failures.errors import DeliveryFailure

AGAIN = 0.1
"""Seconds before a message is told again."""


class Refused(Exception):
    """The gateway refused what it should take."""


class Counter:
    """One or more clerks at the counter; every method may be called from any thread."""

    def __init__(self, gateway_url: str, intake_token: str, *, give_up: threading.Event) -> None:
        limits = Limits(
            connect_timeout=timedelta(seconds=1), reply_timeout=timedelta(seconds=5), connections=8
        )
        self._wire = Wire(gateway_url, limits=limits)
        self._token = intake_token
        self._give_up = give_up
        self._lock = threading.Lock()
        self.acknowledged: dict[str, str] = {}
        """Message id to dossier number of everything that the gateway has promised to keep."""
        self.numbers: list[str] = []
        """Dossiers whose reception was acknowledged."""
        self.told_again = 0

    def hand_in(self, planned: Planned) -> None:
        """Tell everything about one dossier, in its order."""
        said = planned.reception
        self.emit(said, at=said.received_at, source="counter-1")
        with self._lock:
            self.numbers.append(planned.number)
        names = {component.code: component.name for component in said.components}
        for code in planned.scanned:
            self._scan(planned, code, names[code])
        if planned.finished_at is not None:
            self._progress(planned, p.Status.PROCESSING)
            self._progress(planned, p.Status.FINISHED)

    def close(self) -> None:
        """Give back the connections."""
        self._wire.close()

    def _scan(self, planned: Planned, code: str, title: str) -> None:
        body = page(f"{planned.number} {code} {title}")
        name = f"{planned.number}__{code}.pdf"
        fields = {"Content-Type": "application/pdf", "X-Name": name}
        stored = msgspec.json.decode(self._call("PUT", "/files", body, fields).body)
        file = Attachment(
            name=name,
            media_type="application/pdf",
            size=stored["size"],
            sha256=stored["sha256"],
            component=code,
        )
        at = planned.reception.received_at + timedelta(minutes=3)
        scanned = p.DocumentScanned(
            number=planned.number, component=code, scanned_at=at, device="scanner-1"
        )
        self.emit(scanned, at=at, source="scanner-1", files=(file,))

    def _progress(self, planned: Planned, status: p.Status) -> None:
        at = planned.processing_at if status is p.Status.PROCESSING else planned.finished_at
        if at is None:
            return
        said = p.DossierProgressed(
            number=planned.number,
            status=status,
            at=at,
            officer="Lê Văn Thẩm Định",
            unit="Công chức chuyên môn",
        )
        self.emit(said, at=at, source="workstation-1")

    def emit(
        self, payload: p.Payload, *, at: datetime, source: str, files: tuple[Attachment, ...] = ()
    ) -> None:
        """Tell one message until it is acknowledged."""
        message = catalog.compose(payload, time=at, source=source, attachments=files)
        fields = {"Content-Type": "application/json"}
        reply = self._call("POST", "/messages", envelope.encode(message), fields)
        with self._lock:
            self.acknowledged[msgspec.json.decode(reply.body)["messageId"]] = message.key

    def _call(self, method: str, path: str, body: bytes, fields: dict[str, str]) -> Reply:
        headers = {"Authorization": f"Bearer {self._token}", **fields}
        while not self._give_up.is_set():
            try:
                reply = self._wire.call(method, path, body=body, headers=headers)
            except DeliveryFailure:
                pass
            else:
                if reply.status in (201, 202):
                    return reply
                if reply.status < 500:
                    raise Refused(f"{method} {path}: {reply.status} {reply.body[:300]!r}")
            with self._lock:
                self.told_again += 1
            self._give_up.wait(AGAIN)
        raise Refused("given up")


class Load:
    """Several clerks who work down one plan; `room` tells whether the hub keeps up."""

    def __init__(
        self,
        counter: Counter,
        plans: Iterator[Planned],
        *,
        clerks: int = 4,
        rest: timedelta = timedelta(0),
    ) -> None:
        """`rest`: how long a clerk waits between two dossiers."""
        self.counter = counter
        self._rest_s = rest.total_seconds()
        self.done = threading.Event()
        self.enough = threading.Event()
        """Set from outside: take no new dossier."""
        self.room = threading.Event()
        self.room.set()
        self.handed_in = 0
        self.problems: list[str] = []
        self._plans = plans
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"clerk-{n}", daemon=True)
            for n in range(clerks)
        ]

    def start(self) -> None:
        """Begin to hand in."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Return when every clerk has gone home."""
        for thread in self._threads:
            thread.join()
        self.done.set()

    @property
    def working(self) -> bool:
        """Whether somebody still hands in."""
        return any(thread.is_alive() for thread in self._threads)

    def _next(self) -> Planned | None:
        with self._lock:
            return next(self._plans, None)

    def _work(self) -> None:
        while not self.enough.is_set():
            self.room.wait()
            try:
                planned = self._next()
                if planned is None:
                    return
                self.counter.hand_in(planned)
            except Refused as error:
                self.problems.append(str(error))
                return
            with self._lock:
                self.handed_in += 1
            self.enough.wait(self._rest_s)

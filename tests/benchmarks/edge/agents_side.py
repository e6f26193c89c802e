"""Simulated agents, many in one process: `agents_side FOLDER URL_PORT FIRST COUNT SECONDS RATE`.

An agent makes events at a fixed rate and sends what waits once a second, with the records of the
real protocol. Its line is cut at random: before a call, in the middle of one, or after the hub has
it and before the answer is read. Its ledger is what it made, in order; an event leaves its list
only after the answer. Spools on a disk are not measured here: a hundred of them on one machine
would measure that disk.
"""

import http.client
import json
import random
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from hub.messages.envelope import encode
from hub.rules.edge import protocol
from hub.rules.edge.protocol import EdgeBatch, EdgeEvent, EdgeResults
from tests.benchmarks.edge.hub_side import KEYS
from tests.support.gateway.edge_agent import code_of

DAY = datetime(2026, 11, 30, tzinfo=UTC)
CUT_SHARE = 0.15
"""Of the calls; a third each before, within and after."""
END_WITHIN = 60.0


class SimulatedAgent:
    """One agent, in a thread of its own."""

    def __init__(self, name: str, key: str, nth: int, port: int) -> None:
        self.name, self.key, self.nth, self.port = name, key, nth, port
        self.device = f"{name}.reader"
        self.draw = random.Random(nth)
        self.spool = f"{nth:032x}"
        self.ledger: list[str] = []
        self.waiting: deque[tuple[float, EdgeEvent]] = deque()
        self.delays: list[float] = []
        """Seconds from an event to the hub's answer, of events that no cut met."""
        self.cuts = 0
        self._line: http.client.HTTPConnection | None = None

    def make(self, count: int) -> None:
        """Make so many events."""
        for _ in range(count):
            sequence = len(self.ledger) + 1
            at = DAY + timedelta(seconds=sequence)
            message = code_of(self.nth * 10_000 + sequence, at, device=self.device)
            self.ledger.append(message.id)
            raw = msgspec.Raw(encode(message))
            event = EdgeEvent(device=self.device, sequence=sequence, message=raw)
            self.waiting.append((time.monotonic(), event))

    def send(self) -> bool:
        """Send what waits; return whether the hub has answered."""
        batch = list(self.waiting)[: protocol.MOST_EVENTS]
        if not batch:
            return True
        body = msgspec.json.encode(EdgeBatch(spool=self.spool, events=[it[1] for it in batch]))
        cut = self.draw.random() < CUT_SHARE and self.draw.choice(("before", "within", "after"))
        self.cuts += bool(cut)
        try:
            answer = self._call(body, cut)
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return False
        if answer is None:
            return False
        now = time.monotonic()
        known = {
            (it.device, it.sequence) for it in answer.results if it.outcome != protocol.REFUSED
        }
        for since, event in batch:
            assert (event.device, event.sequence) in known, answer
            self.waiting.popleft()
            self.delays.append(now - since)
        return True

    def _call(self, body: bytes, cut: str | bool) -> EdgeResults | None:
        line = self._line = self._line or http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=30
        )
        if cut == "before":
            raise OSError("cut")
        line.putrequest("POST", protocol.EVENTS)
        line.putheader("Authorization", f"Bearer {self.key}")
        line.putheader("Content-Length", str(len(body)))
        line.endheaders()
        if cut == "within":
            line.send(body[: len(body) // 2])
            raise OSError("cut")
        line.send(body)
        if cut == "after":
            time.sleep(self.draw.uniform(0, 0.2))
            raise OSError("cut")
        reply = line.getresponse()
        content = reply.read()
        if reply.status != 200:
            return None
        return msgspec.json.decode(content, type=EdgeResults)

    def _hang_up(self) -> None:
        if self._line is not None:
            with suppress(OSError):
                self._line.close()
            self._line = None

    def run(self, seconds: float, rate: int) -> None:
        """Make events for so many seconds, then send until nothing waits."""
        start = time.monotonic() + self.draw.random()
        made = 0
        while (now := time.monotonic()) < start + seconds or made < seconds * rate:
            due = min(int(max(0.0, now - start) * rate), int(seconds * rate))
            self.make(due - made)
            made = max(made, due)
            self.send()
            time.sleep(0.5)
        end = time.monotonic() + END_WITHIN
        while self.waiting and time.monotonic() < end:
            if not self.send():
                time.sleep(0.2)


def main() -> None:
    """Run the agents, then leave their ledgers."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    first, count, seconds, rate = map(int, sys.argv[3:7])
    keys = json.loads((folder / KEYS).read_text(encoding="ascii"))
    agents = [
        SimulatedAgent(name, keys[name], nth, port)
        for nth, name in list(enumerate(sorted(keys)))[first : first + count]
    ]
    threads = [threading.Thread(target=it.run, args=(seconds, rate)) for it in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {
        "ledgers": {it.device: it.ledger for it in agents},
        "unsent": sum(len(it.waiting) for it in agents),
        "cuts": sum(it.cuts for it in agents),
        "delays": [delay for it in agents for delay in it.delays],
    }
    place = folder / f"ledger-{first}.json"
    place.with_suffix(".new").write_text(json.dumps(found), encoding="ascii")
    place.with_suffix(".new").rename(place)


if __name__ == "__main__":
    main()

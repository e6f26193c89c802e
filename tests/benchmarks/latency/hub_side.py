"""The hub with everything up, in one process, and the counters that feed it."""

import signal
import threading
import time
from dataclasses import replace

import msgspec

from hub.bootstrap.build import build
from hub.bootstrap.hub import Hub
from hub.exchange.delivery.deliver import Deliver
from hub.messages.catalog import TOWN_CENTER
from hub.messages.envelope import Message
from hub.ports import Receipt
from hub.runtime import telemetry
from hub.runtime.process.cpu_affinity import one_cpu
from hub.store.engine.store import Tx
from tests.benchmarks.latency.load import Load
from tests.benchmarks.latency.order import Findings, Order, given
from tests.benchmarks.stamps import stamp


class Acceptances:
    """Notes when the town's acceptance of each dossier was committed."""

    def __init__(self, hub: Hub, order: Order) -> None:
        self.order = order
        self.at: dict[str, float] = {}
        self._settling: list[str] = []
        self.complete = threading.Event()
        (role,) = (
            r for r in hub.roles if isinstance(r, Deliver) and r.destination.name == TOWN_CENTER
        )
        self._delivered, self._tell = role.settling.on_delivered, role.on_commit
        role.settling = replace(role.settling, on_delivered=self._on_delivered)
        role.on_commit = self._on_commit

    def _on_delivered(self, tx: Tx, message: Message, receipt: Receipt) -> None:
        self._delivered(tx, message, receipt)
        if message.type == "town.transfer":
            self._settling.append(message.key)

    def _on_commit(self) -> None:
        now, numbers = time.monotonic(), self._settling
        self._settling = []
        self.at.update(dict.fromkeys(numbers, now))
        if numbers:
            stamp(self.order.stamps, len(numbers))
        if len(self.at) == self.order.warm_up + self.order.measured:
            self.complete.set()
        self._tell()


def report(order: Order, load: Load, accepted: dict[str, float]) -> Findings:
    """Return the figures of the dossiers after the warm-up."""
    numbers = sorted(load.due, key=lambda number: load.due[number])[order.warm_up :]
    first, last = numbers[0], numbers[-1]
    spent = load.returned[last] - load.due[first]
    return Findings(
        town_ms=[(accepted[number] - load.due[number]) * 1000 for number in numbers],
        accept_ms=[(load.returned[number] - load.due[number]) * 1000 for number in numbers],
        per_second=len(numbers) / spent,
    )


def main() -> None:
    """Go through the load, leave the findings, wait to be told to stop."""
    order, stop = given(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    telemetry.setup(level="WARNING")
    hub = build(order.settings, sources=())
    acceptances = Acceptances(hub, order)
    hub.start()
    load = Load(order, hub.intake, hub.records.rules)
    with one_cpu():  # counters come through the gateway, whose threads are there too
        load.run()
    acceptances.complete.wait()
    findings = report(order, load, acceptances.at)
    order.findings.write_bytes(msgspec.json.encode(findings))
    stop.wait()
    hub.stop()


if __name__ == "__main__":
    main()

"""The bad days of the pilot: which fault comes when, as data, and the thread that brings it.

Times are shares of the dossiers taken in, so the same schedule fits 369 and 10,000 dossiers. The
partners count what they really injected; the broker's kills are counted here.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from adapters.simulation.faults import CALLBACKS, Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.drill.sandbox.rabbit_node import PrivateRabbit

PROVINCE, TOWN, BROKER = "province", "town", "broker"


@dataclass(frozen=True, slots=True)
class FaultPeriod:
    """From `share` of the dossiers on, these faults are in force at a partner."""

    share: float
    where: str
    faults: tuple[Fault, ...] = ()


CALLBACK_TROUBLE = (
    Fault(kind=FaultKind.CALLBACKS_DOUBLED, operations=(CALLBACKS,), probability=0.3),
    Fault(kind=FaultKind.CALLBACKS_REORDERED, operations=(CALLBACKS,), probability=0.3),
)

PERIODS: tuple[FaultPeriod, ...] = (
    FaultPeriod(
        0.0, TOWN, (*CALLBACK_TROUBLE, Fault(kind=FaultKind.DROP_AFTER_ACCEPT, remaining=2))
    ),
    FaultPeriod(0.1, PROVINCE, (Fault(kind=FaultKind.DROP_AFTER_ACCEPT, remaining=12),)),
    FaultPeriod(0.25, PROVINCE, (Fault(kind=FaultKind.BUSY, remaining=15, seconds=1.0),)),
    FaultPeriod(0.4, PROVINCE, (Fault(kind=FaultKind.DOWN, seconds=2.0),)),
    FaultPeriod(
        0.45, TOWN, (*CALLBACK_TROUBLE, Fault(kind=FaultKind.BUSY, remaining=2, seconds=1.0))
    ),
    FaultPeriod(0.6, BROKER),
    FaultPeriod(
        0.75,
        PROVINCE,
        (
            Fault(kind=FaultKind.SOAP_FAULT, remaining=3),
            Fault(kind=FaultKind.EXPIRED_TOKEN, remaining=2),
            Fault(kind=FaultKind.HTML, remaining=3),
            Fault(kind=FaultKind.DROP_AFTER_ACCEPT, probability=0.02),
        ),
    ),
)


class FaultSchedule:
    """Brings the spells as the day goes on."""

    def __init__(
        self,
        partners: dict[str, SimulatorProcess],
        broker: PrivateRabbit | None,
        *,
        report: Callable[[str], None],
    ) -> None:
        self.partners = partners
        self.broker = broker
        self.report = report
        self.broker_kills = 0
        self._left = list(PERIODS)
        self._restart: threading.Thread | None = None

    def at(self, share: float) -> None:
        """Bring every spell whose time has come."""
        while self._left and self._left[0].share <= share:
            self._bring(self._left.pop(0))

    def clear(self) -> None:
        """Wait for the broker to be back and take every fault off."""
        if self._restart is not None:
            self._restart.join()
        for partner in self.partners.values():
            partner.clear_faults()

    def _bring(self, spell: FaultPeriod) -> None:
        names = ", ".join(sorted({fault.kind for fault in spell.faults})) or "SIGKILL, restart"
        if spell.where == BROKER:
            if self.broker is None:
                return
            self._restart = threading.Thread(target=self._kill_broker, name="fault schedule")
            self._restart.start()
        else:
            self.partners[spell.where].set_faults(spell.faults)
        self.report(f"{spell.where}: {names}")

    def _kill_broker(self) -> None:
        if self.broker is None:
            return
        self.broker.kill()
        self.broker_kills += 1
        self.broker.restart()

"""A watch of one partner's contract under a clock that the test moves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.provincial import profile as province_profile
from adapters.provincial.served_contract import contract_reader
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.wire.profile import Profile
from hub.operations.contracts.watching import ContractWatch
from hub.ports import ContractReader
from hub.rules.calls.call_limits import CallLimits
from hub.store.engine.store import Store
from hub.store.repair import tasks
from hub.store.repair.replies import contracts, drift
from tests.support.partners.province import settings_for

DAY = timedelta(days=1)
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
NEXT_VERSION = Fault(kind=FaultKind.CONTRACT_CHANGED)


def profile(lines: str, place: Path) -> Profile:
    """Return the province's profile with lines of an installation."""
    file = place / "own.toml"
    file.write_text(lines, encoding="utf-8")
    return province_profile.load(file).profile


def reader_of(province: SimulatorProcess, **changes: Any) -> ContractReader:
    """Return what reads the province's contract."""
    made = contract_reader(settings_for(province.url, **changes))
    assert made is not None
    return made


@dataclass
class Watched:
    """A watch of one partner, and the clock that it reads."""

    store: Store
    reader: ContractReader
    known: CallLimits = field(default_factory=CallLimits)
    now: datetime = START

    def check(self, after: timedelta = timedelta()) -> bool:
        """Let time go by and check once."""
        self.now += after
        watch = ContractWatch(
            self.store, [self.reader], clock=lambda: self.now, every=DAY, known=self.known
        )
        return watch.check(self.reader)

    @property
    def kept(self) -> contracts.KeptContract:
        """What is known of the contract."""
        with self.store.read() as tx:
            found = contracts.of_partner(tx, self.reader.name)
        assert found is not None
        return found

    @property
    def open_tasks(self) -> list[Any]:
        """The open tasks."""
        with self.store.read() as tx:
            return list(tasks.still_open(tx))

    @property
    def drift(self) -> set[tuple[str, str, str]]:
        """Operation, kind and place of what is counted."""
        with self.store.read() as tx:
            rows = drift.of_partner(tx, self.reader.name)
        return {(it.key.operation, it.key.kind, it.key.place) for it in rows}

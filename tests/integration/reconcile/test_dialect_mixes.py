"""Any mix of habits: no effect is doubled, and what is not delivered is told to a person.

A real store and the real roles, over real sockets to a simulator that shows the drawn habits while
replies are lost after the work. The hub knows about the partner what a rehearsal finds out, or, in
the last row, nothing.
"""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from adapters.provincial import profile as province_profile
from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.dialects.tables import DIALECTS, HABITS
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from adapters.town_center import profile as town_profile
from adapters.town_center.destination import TownCenter
from hub.broker.memory import MemoryBroker
from hub.exchange.delivery.reconcile import Reconcile
from hub.messages import catalog
from hub.messages.envelope import Message
from hub.messages.payloads import ProvinceDossier, Status
from hub.ports import Destination
from hub.rules.failures.errors import FAULTS
from hub.store.monitoring import attention
from tests.support.database.stores import empty_store
from tests.support.partners import province as at_province
from tests.support.partners import town as at_town
from tests.support.payloads import read_as
from tests.support.works import AT, Works, record, step, working

LAG = 0.1
"""Seconds by which look-ups are behind where they are."""
PROFILE = """
[echo]
header = ""

[lookup]
lag = "150ms"
{last_steps}
[resolution]
time = "60s"
text_length = 40
"""
UNTOLD = """
[lookup]
lag = "150ms"
"""
"""A partner that nobody has rehearsed with: the hub knows nothing of its habits."""
TWO_READINGS = frozenset({"gateway_errors", "recycled"})
"""Left out alone, in the dialects they are: named alone they would be shown by every reply, and no
call would ever come through."""
LOST = Fault(kind=FaultKind.DROP_AFTER_ACCEPT, probability=0.35)
_numbers = itertools.count(1)


@dataclass
class Exchange:
    """A running exchange with one simulator."""

    works: Works[Any]
    simulator: SimulatorProcess
    writing: tuple[str, ...]

    def dossier(self) -> list[Message]:
        """Return a new dossier's messages, in their order."""
        n = next(_numbers)
        if self.works.partner.name == "town_center":
            return [transfer(n)]
        return [record(n, 1), step(n, 2), update(n, 3), step(n, 4)]


def update(n: int, version: int) -> Message:
    """Return a later record of the dossier, with another status."""
    payload = read_as(record(n, version), ProvinceDossier)
    payload = msgspec.structs.replace(payload, status=Status.PROCESSING)
    return catalog.compose(payload, time=AT, source="records", id=f"r-{n}-{version}")


def transfer(n: int) -> Message:
    payload = at_town.transfer(f"000.99.01.H57-180806-{n:04d}", received_at=AT)
    return catalog.compose(payload, time=AT, source="records", id=f"t-{n}")


def query_soon(role: Reconcile) -> None:
    """Have a query that brought no answer be made again soon."""
    policy = replace(role.settling.policy, query_interval=timedelta(milliseconds=50))
    role.settling = replace(role.settling, policy=policy)


@pytest.fixture(scope="module", params=["soap", "rest", "town", "soap-untold"])
def exchange(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exchange]:
    place: Path = tmp_path_factory.mktemp("mixes")
    store = empty_store(place / "hub.db")
    own = place / "profile.toml"
    mode, _, untold = str(request.param).partition("-")
    known = PROFILE.format(last_steps="" if mode == "town" else "last_steps = 10\n")
    own.write_text(UNTOLD if untold else known)
    short = timedelta(seconds=2)
    destination: Destination
    with ExitStack() as stack:
        if mode == "town":
            hub, simulator = stack.enter_context(at_town.running_town(place))
            destination = TownCenter(
                at_town.settings_for(
                    simulator.url,
                    hub.url,
                    reply_timeout=short,
                    profile=town_profile.load(own).profile,
                )
            )
            writing: tuple[str, ...] = ("TiepNhanHoSo",)
        else:
            simulator = stack.enter_context(at_province.start_province(place))
            destination = ProvincialDestination(
                at_province.settings_for(
                    simulator.url,
                    mode=mode,
                    reply_timeout=short,
                    profile=province_profile.load(own).profile,
                )
            )
            writing = ("DongBoHoSoMC", "CapNhatTienDoHoSoMC")
        stack.callback(destination.close)
        works = stack.enter_context(working(store, MemoryBroker(), destination))
        query_soon(works.reconcile)
        yield Exchange(works, simulator, writing)
    store.close()


mixes = st.lists(
    st.sampled_from([*DIALECTS, *(name for name in HABITS if name not in TWO_READINGS)]),
    min_size=1,
    max_size=5,
    unique=True,
)


def of_mixes(count: int) -> settings:
    """Return settings for so many mixes, the same ones each time."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(
        max_examples=count, derandomize=True, deadline=None, suppress_health_check=checks
    )


@given(names=mixes)
@settings(of_mixes(1), phases=[Phase.explicit])
@example(names=["mixed"])
@example(names=["nfd", "minutes"])
@example(names=["old-iis", "replica"])
@example(names=["gateway", "node"])
def test_a_mix_of_habits_doubles_nothing_and_hides_nothing(
    exchange: Exchange, names: list[str]
) -> None:
    """Two dossiers under the habits: each effect once, the rest told with a reason.

    The stories of tests/simulation meet each dialect, and the mixed one, with the same cores.
    """
    try_mix(exchange, names)


@pytest.mark.long
@given(names=mixes)
@of_mixes(40)
def test_many_mixes_double_nothing_and_hide_nothing(exchange: Exchange, names: list[str]) -> None:
    """As chance has it, and over real sockets."""
    try_mix(exchange, names)


def try_mix(exchange: Exchange, names: list[str]) -> None:
    """Exchange two dossiers with a partner of these habits."""
    simulator, works = exchange.simulator, exchange.works
    simulator.speak(*names, lag_seconds=LAG, last_steps=10)
    simulator.set_faults([msgspec.structs.replace(LOST, operations=exchange.writing)])
    said = [*exchange.dossier(), *exchange.dossier()]
    works.emit(*said)
    works.wait(lambda _: not under_way(works) and not simulator.late())
    simulator.speak()
    simulator.clear_faults()
    check(exchange, said)


def under_way(works: Works[Any]) -> int:
    """Return how many deliveries neither ended nor wait for a person, nor behind one that does."""
    with works.store.read() as tx:
        told = {lane for _, _, lane, *_ in attention.stuck(tx, limit=1000)}
        rows = tx.exec_driver_sql(
            "SELECT lane, count(*) FROM deliveries "
            "WHERE state IN ('pending', 'sending', 'waiting', 'held', 'ambiguous', 'dead') "
            "GROUP BY lane"
        )
        return sum(row[1] for row in rows if row[0] not in told)


def check(exchange: Exchange, said: list[Message]) -> None:
    numbers = {message.key for message in said}
    ledger = exchange.simulator.ledger()
    assert (ledger["duplicates"], ledger["out_of_order"]) == (0, 0)
    with exchange.works.store.read() as tx:
        told = [row for row in attention.stuck(tx, limit=1000) if row[2] in numbers]
    for _, _, lane, state, code, detail in told:
        assert detail, (lane, state, code)
        assert code in FAULTS
    waiting = {row[2] for row in told}
    for message in said:
        if message.key not in waiting:
            count = sum(it.key == message.key for it in said)
            assert len(exchange.simulator.effects(dossier=message.key)) == count


def test_the_habits_are_really_shown(exchange: Exchange) -> None:
    """The exchange above met habits of every stage, and lost replies."""
    spoken = exchange.simulator.spoken()
    assert len(spoken) > 20
    assert exchange.simulator.ledger()["faults"]["drop_after_accept"] > 1

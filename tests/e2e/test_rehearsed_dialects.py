"""A rehearsal at both partners in each dialect: its proposals alone carry a running hub's exchange.

The hub is a process with all roles on an empty store; what it knows of its partners is the two
files that the rehearsals wrote. While dossiers are handed in, now and then a reply is lost after
the work was done.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.simulation.dialects.tables import DIALECTS, MIXED
from adapters.simulation.faults import Fault, FaultKind
from adapters.simulation.process import SimulatorProcess
from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Planned
from hub.drill.sandbox import loopback
from hub.messages import catalog
from hub.records.rulebook import Rulebook
from hub.rules.failures.errors import FAULTS
from hub.settings import WORKING_ROLES
from hub.store.engine.store import Store
from hub.store.monitoring import attention
from hub.store.schema.migrate import migrate
from tests.chaos.load import Counter, Load
from tests.chaos.supervisor import KeptRole
from tests.foreign.exchange import judge
from tests.support.partners import town as t
from tests.support.partners.province import start_province
from tests.support.partners.rehearsals import AGENCY, environment, rehearse
from tests.support.partners.rehearsals import attention as to_attend

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

TOKEN = "intake-word"
LAG = 0.3
"""Seconds by which the look-ups of a replica are behind."""
WARD, BOTH = 3, 3
"""Dossiers of the ward alone, and inter-level ones that both partners get."""
PATIENCE = 40.0
"""Seconds without any progress after which an exchange is given up."""
LOST = Fault(
    kind=FaultKind.DROP_AFTER_ACCEPT,
    probability=0.2,
    operations=("DongBoHoSoMC", "CapNhatTienDoHoSoMC", "TiepNhanHoSo"),
)
NO_LAG = '[lookup]\nlag = "0s"\n'
"""Before the rehearsal, so that its own measurement is what the hub goes by."""
QUICK = {
    "connect_timeout": 0.5,
    "reply_timeout": 2,
    "retry_min_delay": 0.1,
    "retry_max_delay": 0.5,
    "retry_attempts": 1000,
    "circuit_min_open": 0.1,
    "circuit_max_open": 0.5,
    "reconcile_delay": 0.1,
    "reconcile_interval": 0.3,
    "sweep_interval": 0.5,
    "drill": "on",
}
IN_EVERY_RUN = ("replica",)
"""The dialect whose proposal matters most: too short a lag doubles a step."""
BY_CHANCE = ("gateway", MIXED)
"""Dialects that answer now and then with something of two readings, which may need a person."""
NAMES = [
    pytest.param(name, marks=[] if name in IN_EVERY_RUN else [pytest.mark.long])
    for name in (*DIALECTS, MIXED)
]


@dataclass
class Place:
    """Both simulated partners, and where the hub will be."""

    province: SimulatorProcess
    town: SimulatorProcess
    port: int

    @property
    def partners(self) -> dict[str, SimulatorProcess]:
        """Return the simulators by their destination's name."""
        return {catalog.PROVINCIAL: self.province, catalog.TOWN_CENTER: self.town}

    def speak(self, *names: str) -> None:
        """Have both speak so from now on."""
        for partner in self.partners.values():
            partner.speak(*names, lag_seconds=LAG, last_steps=10)


def plans(*, seed: int) -> list[Planned]:
    """Return dossiers of both kinds, out of one plan: another one may give the same numbers."""
    mix = scenario.scaled(scenario.load_mix(), 40 * BOTH)
    made = list(scenario.plan(mix, Rulebook.load(), seed=seed, agency=AGENCY))
    ward = [it for it in made if not it.inter_level]
    both = [it for it in made if it.inter_level]
    return [*ward[:WARD], *both[:BOTH]]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Partners of the test's own: the same days give the same dossier numbers."""
    at, port = tmp_path / "partners", loopback.free_port()
    with (
        start_province(at) as province,
        t.start_town(at, f"http://127.0.0.1:{port}", "--supplement-share", "0") as town,
    ):
        yield Place(province, town, port)


def settings_of(place: Place, directory: Path, mode: str) -> dict[str, str]:
    """Return what an installation has before anybody has rehearsed."""
    return {
        **environment(place.province.url, directory / "hub", mode),
        "HUB_TOWN_URL": place.town.url,
        "HUB_TOWN_CLIENT_ID": "ward",
        "HUB_TOWN_CLIENT_SECRET": t.CLIENT_SECRET,
        "HUB_TOWN_CALLBACK_SECRET": t.CALLBACK_SECRET,
        "HUB_FILE_TOKEN": t.FILE_TOKEN,
    }


def rehearsed(
    place: Place, directory: Path, settings: dict[str, str], dialect: str
) -> dict[str, str]:
    """Rehearse at both; return the settings that name the two proposals."""
    before = directory / "before.toml"
    before.write_text(NO_LAG, encoding="utf-8")
    found = {}
    for at, partner in enumerate(("province", "town")):
        number = f"{AGENCY}-261128-{8000 + at}"
        name = f"HUB_{partner.upper()}_PROFILE"
        rehearsal, walked = rehearse(partner, {**settings, name: str(before)}, number=number)
        assert walked.runs, (partner, dialect, to_attend(walked))
        own = directory / f"{partner}.toml"
        own.write_text(rehearsal.proposal(walked), encoding="utf-8")
        found[name] = str(own)
    return found


@pytest.mark.parametrize("dialect", NAMES)
def test_the_proposals_of_a_rehearsal_carry_the_exchange(
    dialect: str, place: Place, tmp_path: Path
) -> None:
    """Every dossier is delivered, each effect once and in order, or a person is told why not."""
    mode = "soap" if len(dialect) % 2 else "rest"
    settings = settings_of(place, tmp_path, mode)
    place.speak(dialect)
    profiles = rehearsed(place, tmp_path, settings, dialect)
    before = {name: it.ledger() for name, it in place.partners.items()}
    with running(place, tmp_path, {**settings, **profiles}) as exchange:
        exchange.hand_in(plans(seed=len(dialect)))
        exchange.settle()
        place.speak()
        for partner in place.partners.values():
            partner.clear_faults()
        check(exchange, before)
        assert dialect in BY_CHANCE or exchange.told() == []


class Exchange:
    """A running hub, and the clerks who hand in."""

    def __init__(self, place: Place, store: Store, counter: Counter) -> None:
        self.place, self.store, self.counter = place, store, counter

    def hand_in(self, planned: list[Planned]) -> None:
        """Hand all dossiers in while replies are lost."""
        for partner in self.place.partners.values():
            partner.set_faults([LOST])
        load = Load(self.counter, iter(planned), clerks=2)
        load.start()
        load.join()
        assert load.problems == []

    def settle(self) -> None:
        """Return when what is not delivered waits for a person, and no partner is at work."""
        pause, seen, since = threading.Event(), self._progress(), time.monotonic()
        while self._moves():
            pause.wait(0.05)
            if (now := self._progress()) != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() < since + PATIENCE, (self._open(), seen, self.told())

    def told(self) -> list[Any]:
        """Return what a person is told of deliveries that stand."""
        with self.store.read() as tx:
            return attention.stuck(tx, limit=1000)

    def _moves(self) -> bool:
        return any(self._open())

    def _open(self) -> tuple[set[Any], list[str], list[int]]:
        """Return lanes under way of which nobody is told, keys not handled, a partner's work."""
        lanes = {(row[1], row[2]) for row in self.told()}
        with self.store.read() as tx:
            open_ = tx.exec_driver_sql(
                "SELECT destination, lane FROM deliveries WHERE state IN "
                "('pending', 'sending', 'waiting', 'held', 'ambiguous', 'dead')"
            ).all()
            keys = tx.exec_driver_sql(
                "SELECT key FROM journal WHERE state IN ('accepted', 'early')"
            ).scalars()
            # The town tells of the test dossiers, which the ward does not have.
            unread = [key for key in keys if key in self.counter.numbers]
        at_work = [it.busy() + it.late() for it in self.place.partners.values()]
        return {tuple(row) for row in open_} - lanes, unread, [it for it in at_work if it]

    def _progress(self) -> object:
        done = [judge.states(self.store, name) for name in self.place.partners]
        return done, [it.ledger()["effects"] for it in self.place.partners.values()]


@contextmanager
def running(place: Place, directory: Path, settings: dict[str, str]) -> Iterator[Exchange]:
    """The hub as a process with these settings, for the length of the block."""
    (directory / "hub").mkdir(mode=0o700, exist_ok=True)
    values = {**QUICK, "http_port": place.port, "intake_token": TOKEN}
    own = {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        **settings,
        **{f"HUB_{name.upper()}": str(value) for name, value in values.items()},
    }
    with ExitStack() as stack:
        store = Store(f"sqlite:///{directory}/hub/hub.db")
        stack.callback(store.close)
        migrate(store)
        hub = KeptRole("hub", own, directory / "roles", roles=",".join(WORKING_ROLES))
        hub.start()
        stack.callback(hub.stop)
        give_up = threading.Event()
        counter = Counter(f"http://127.0.0.1:{place.port}", TOKEN, give_up=give_up)
        stack.callback(counter.close)
        stack.callback(give_up.set)
        yield Exchange(place, store, counter)


def check(exchange: Exchange, before: dict[str, dict[str, Any]]) -> None:
    """Compare the partners' ledgers with what the hub holds as delivered, dossier by dossier."""
    told = {(row[1], row[2]): row for row in exchange.told()}
    for _, _, lane, state, code, detail in told.values():
        assert code in FAULTS, (lane, state, code)
        assert detail, (lane, state, code)
    for name, partner in exchange.place.partners.items():
        ledger = partner.ledger()
        for kind in ("duplicates", "out_of_order"):
            assert ledger[kind] == before[name][kind], (name, kind)
        there = judge.delivered(exchange.store, name)
        for number, effects in there.items():
            if (name, number) not in told:
                assert len(partner.effects(dossier=number)) == len(effects), (name, number)
        untold = {lane for destination, lane in told if destination == name}
        wanted = WARD + BOTH if name == catalog.PROVINCIAL else BOTH
        assert len({*there, *untold}) == wanted, (name, sorted(there), told)

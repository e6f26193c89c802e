"""One exchange with a foreign partner: dossiers handed in, replies lost, the hub and it killed."""

import itertools
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from hub.drill.pilot import scenario
from hub.drill.pilot.scenario import Planned
from hub.drill.sandbox import loopback
from hub.records.rulebook import Rulebook
from hub.settings import WORKING_ROLES
from hub.store.engine.store import Store
from hub.store.schema.migrate import migrate
from tests.chaos.load import Counter, Load
from tests.chaos.supervisor import KeptRole
from tests.foreign.exchange import judge
from tests.foreign.exchange.line import USUAL, Shares, UnreliableLine
from tests.foreign.exchange.partner import (
    ACCOUNT,
    CALLBACK_SECRET,
    CLIENT_SECRET,
    FILE_TOKEN,
    PASSWORD,
    ForeignPartner,
    Kind,
    running,
)

TOKEN = "intake-word"
SETTLES_WITHIN = 45.0
"""Seconds without any progress after which a drill is given up."""
PACE = {
    # What the hub died of is asked about when its lease is over: sixteen times this.
    "connect_timeout": 0.3,
    "reply_timeout": 0.7,
    "retry_min_delay": 0.1,
    "retry_max_delay": 1,
    "retry_attempts": 1000,
    "circuit_min_open": 0.2,
    "circuit_max_open": 1,
    "reconcile_delay": 0.3,
    "reconcile_interval": 0.5,
    "sweep_interval": 1,
}
"""Settings, in seconds: failures and their ends follow each other quickly."""
INTER_LEVEL = 40
"""Dossiers of the mix to one that is inter-level, and some more."""


@dataclass
class Drill:
    """The running parts of one exchange."""

    kind: Kind
    partner: ForeignPartner
    line: UnreliableLine
    hub: KeptRole
    store: Store
    counter: Counter
    draw: random.Random
    killed: list[str] = field(default_factory=list)
    destination: str = ""
    handed_in: list[Planned] = field(default_factory=list)

    def kill(self, who: str) -> None:
        """SIGKILL of the hub, which its keeper starts again, or of the partner."""
        if who == "hub":
            deaths = self.hub.deaths[-9]
            if self.hub.wait_running(20) and self.hub.kill():
                self.hub.wait_killed(deaths + 1, 20)
        else:
            self.partner.kill()
            self.partner.start()
        self.killed.append(who)

    def hand_in(self, plans: list[Planned], *, kills: list[str]) -> None:
        """Hand all in while the kills are spread over the way of the dossiers."""
        load = Load(self.counter, iter(plans), clerks=4)
        total = len(self.counter.numbers) + len(plans)
        marks = [total * (n + 1) // (len(kills) + 1) for n in range(len(kills))]
        load.start()
        for who, mark in zip(kills, marks, strict=True):
            self._wait(lambda mark=mark: len(self.counter.numbers) >= mark)  # type: ignore[misc]
            threading.Event().wait(self.draw.uniform(0, 0.4))  # wherever it is by then
            self.kill(who)
        load.join()
        assert load.problems == []
        self.handed_in += plans

    def settle(self) -> None:
        """Return when everything for the partner is delivered; fails when nothing moves."""
        self._wait(lambda: not self.unsettled())

    def wait_told(self, dossiers: int) -> None:
        """Return when the town has told the last step of so many dossiers."""

        def ended() -> bool:
            told = [it for it in self.partner.entries() if it["what"] == "told" and it["step"] == 3]
            return len(told) >= dossiers

        self._wait(ended)

    def unsettled(self) -> dict[str, int]:
        """Return what is not at its end."""
        with self.store.read() as tx:
            waiting = tx.exec_driver_sql(
                "SELECT count(*) FROM journal WHERE state IN ('accepted', 'early')"
            ).scalar_one()
        open_ = judge.still_open(self.store, self.destination)
        return {**open_, **({"not handled": waiting} if waiting else {})}

    def _wait(self, reached: Callable[[], bool]) -> None:
        pause, seen, since = threading.Event(), self._progress(), time.monotonic()
        while not reached():
            pause.wait(0.05)
            if (now := self._progress()) != seen:
                seen, since = now, time.monotonic()
            assert time.monotonic() < since + SETTLES_WITHIN, (self.unsettled(), seen)

    def _progress(self) -> object:
        """Return what only grows while things move: told, delivered, done at the partner."""
        there = judge.states(self.store, self.destination).get("delivered", 0)
        return len(self.counter.acknowledged), there, self.partner.written()


@contextmanager
def open_drill(
    kind: Kind, place: Path, *, seed: int, shares: Shares = USUAL, wsdl: Path | None = None
) -> Iterator[Drill]:
    """Run partner, line and hub for the length of the block; raises MissingProgram.

    `wsdl` is what the partner serves in the place of ours.
    """
    port, give_up = loopback.free_port(), threading.Event()
    hub_url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        partner = ForeignPartner(kind, place / "partner", hub_url=hub_url, wsdl=wsdl)
        line = stack.enter_context(UnreliableLine(partner.port, seed=seed, shares=shares))
        url = f"http://127.0.0.1:{line.port}"
        stack.enter_context(running(partner, own_url=url))
        store = Store(f"sqlite:///{place}/hub/hub.db")
        stack.callback(store.close)
        migrate(store)
        environment = _environment(kind, place, url=url, port=port)
        hub = KeptRole("hub", environment, place / "roles", roles=",".join(WORKING_ROLES))
        hub.start()
        stack.callback(hub.stop)
        counter = Counter(hub_url, TOKEN, give_up=give_up)
        stack.callback(counter.close)
        stack.callback(give_up.set)
        destination = "town_center" if kind.mode == "town" else "provincial"
        draw = random.Random(seed)
        yield Drill(kind, partner, line, hub, store, counter, draw, destination=destination)


def _environment(kind: Kind, place: Path, *, url: str, port: int) -> dict[str, str]:
    profile = place / "profile.toml"
    profile.write_text(kind.profile, encoding="utf-8")
    town = {
        "town_url": url,
        "town_client_id": ACCOUNT,
        "town_client_secret": CLIENT_SECRET,
        "town_callback_secret": CALLBACK_SECRET,
        "town_profile": profile,
    }
    province = {
        "province_url": url,
        "province_mode": kind.mode,
        "province_username": ACCOUNT,
        "province_password": PASSWORD,
        "province_profile": profile,
    }
    values = {
        **(town if kind.mode == "town" else province),
        **kind.settings,
        "data_dir": place / "hub",
        "http_port": port,
        "file_token": FILE_TOKEN,
        "intake_token": TOKEN,
        **PACE,
        "drill": "on",
    }
    return {
        **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
        **{f"HUB_{name.upper()}": str(value) for name, value in values.items()},
    }


def plans(count: int, *, inter_level: bool, seed: int) -> list[Planned]:
    """Return so many dossiers of the pilot's mix, of the ward alone or inter-level."""
    mix = scenario.scaled(scenario.load_mix(), count * (INTER_LEVEL if inter_level else 2))
    made = scenario.plan(mix, Rulebook.load(), seed=seed, agency="000.99.01.H57")
    return list(itertools.islice((it for it in made if it.inter_level == inter_level), count))

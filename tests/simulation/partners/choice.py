"""Which partners a story has: models, or the simulators' cores behind the hub's real adapters."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

from adapters.provincial import destination as provincial
from adapters.simulation import ledger
from adapters.simulation.dialects.speech import Setting
from adapters.simulation.dialects.tables import NAMES
from adapters.town_center import destination as town_destination
from adapters.town_center.simulator import courier, desk
from adapters.wire import replies
from adapters.wire.connections import dialer
from hub.messages import catalog
from tests.simulation.actors.counter import Acknowledged
from tests.simulation.partners import model as models
from tests.simulation.partners import settings
from tests.simulation.partners.line import HubEnd
from tests.simulation.partners.loop import StoryLoop
from tests.simulation.partners.model import ModelPartner
from tests.simulation.partners.protocol import Effect, Partner
from tests.simulation.partners.service import Service
from tests.simulation.partners.simulated import Habits, SimulatedPartner, World
from tests.simulation.partners.town import SimulatedTown
from tests.simulation.world.chance import Chance
from tests.simulation.world.virtual_time import VirtualTime

MODELS, ADAPTERS, MIXED = KINDS = ("models", "adapters", "mixed")
ADAPTERS_EVERY = 7
"""Of so many seeds one has the real adapters: such a story costs more."""
_TELL_TIME = (provincial, town_destination, replies, ledger, desk, courier)
"""Modules that ask for the time of day."""


class PartnersOfStory:
    """The partners of one story."""

    def __init__(
        self,
        kind: str,
        *,
        time: VirtualTime,
        chance: Chance,
        directory: Path,
        told: Acknowledged,
        note: Callable[[str, str], None],
        on_effect: Callable[[Partner, Effect], None],
    ) -> None:
        draw = chance.stream("habits")
        self._time, self._chance, self._note, self._on_effect = time, chance, note, on_effect
        self._loop = StoryLoop(time)
        self._services: dict[str, Service] = {}
        self.is_real = kind == ADAPTERS or (kind == MIXED and chance.seed % ADAPTERS_EVERY == 0)
        self.partners: list[Partner] = (
            self._simulated(directory, told, draw)
            if self.is_real
            else [self._model(name, draw) for name in sorted(catalog.PARTNERS)]
        )

    @contextmanager
    def ruled(self) -> Iterator[None]:
        """Have the adapters' calls go to these partners, and their clocks be the story's."""
        clock = SimpleNamespace(now=lambda _zone=None: self._time.now())
        with ExitStack() as stack:
            if self._services:
                enter = stack.enter_context
                enter(mock.patch.object(dialer, "HTTPConnection", self._connection))
                for module in _TELL_TIME:
                    enter(mock.patch.object(module, "datetime", clock))
            yield

    def close(self) -> None:
        """Give back what they hold."""
        for partner in self.partners:
            partner.close()
        self._loop.close()

    def _connection(self, host: str, _port: int, **_: object) -> "Connection":
        return Connection(self._services[host])

    def _model(self, name: str, draw: random.Random) -> ModelPartner:
        habits = models.Habits.drawn(draw)
        self._chance.met[f"habit lag {habits.lag:.0f}"] += 1
        self._chance.met[f"habit findable {habits.findable}"] += 1
        return ModelPartner(
            name,
            habits,
            time=self._time,
            chance=self._chance,
            on_effect=self._on_effect,
            note=self._note,
        )

    def _simulated(self, directory: Path, told: Acknowledged, draw: random.Random) -> list[Partner]:
        world = World(
            time=self._time,
            chance=self._chance,
            loop=self._loop,
            directory=directory,
            note=self._note,
            on_effect=self._on_effect,
        )
        settings.soap_protocol()  # made before the story rules chance
        mode, habits = draw.choice(("soap", "rest")), self._drawn(draw)
        self._chance.met[f"adapter province {mode}"] += 1
        province = SimulatedPartner(
            catalog.PROVINCIAL,
            habits,
            world,
            make=settings.province_core,
            adapter=partial(settings.province_adapter, mode, habits, self._time),
            unknown_code="-42",
        )
        habits = self._drawn(draw)
        self._chance.met["adapter town rest"] += 1
        town = SimulatedTown(
            catalog.TOWN_CENTER,
            habits,
            world,
            told=told,
            make=settings.town_core,
            adapter=partial(settings.town_adapter, habits, self._time),
            unknown_code="42",
        )
        self._services = {"province.story": province.service, "town.story": town.service}
        return [province, town]

    def _drawn(self, draw: random.Random) -> Habits:
        names = draw.choice(((), *((name,) for name in NAMES)))
        if names and draw.random() < 0.3:
            names = tuple(dict.fromkeys((*names, "replica")))
        is_known = draw.random() < 0.7
        setting = Setting(
            names=names,
            lag_seconds=draw.choice((2.0, 25.0, 100.0) if is_known else (2.0, 25.0)),
            last_steps=draw.choice((1, 2, 10)),
        )
        return Habits(
            setting=setting, trouble=draw.choice((0.03, 0.1, 0.3)), is_known_to_profile=is_known
        )


class Connection:
    """The part of urllib3's connection that the wire uses."""

    sock: Any

    def __init__(self, service: Service) -> None:
        self._service = service
        self._end: HubEnd | None = None

    def connect(self) -> None:
        """Open the line; raises OSError."""
        self.sock = self._end = self._service.connect()

    @property
    def is_connected(self) -> bool:
        """Whether nothing came unasked, not even the end."""
        return self._end is not None and self._end.is_quiet

    def close(self) -> None:
        """Close the line."""
        if self._end is not None:
            self._end.close()

"""A run of interleaved stories: the server that they have in turn."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.records.rulebook import Rulebook
from tests.simulation.interleaving.database import SETTINGS, Server
from tests.simulation.interleaving.story import play
from tests.simulation.play import memory_place
from tests.simulation.plot import Player

EXPECTED = (
    "locks met",
    "fault crash in a transaction",
    "fault kept back",
    "fault kept back in a transaction",
    "fault kept back with new deliveries",
)
"""What stories on PostgreSQL should meet besides what all meet."""
MOST_STEPS = 20_000
"""That are played to make one shorter: each costs twenty times one in memory."""


@contextmanager
def on_postgres(rules: Rulebook) -> Iterator[Player]:
    """Give what plays stories on a private server, in memory where the machine can."""
    with tempfile.TemporaryDirectory(dir=memory_place()) as place:
        Path(place).chmod(0o711)  # run by root, the server is somebody else
        with PrivatePostgres(Path(place, "server"), settings=SETTINGS) as node:
            yield partial(play, rules=rules, server=Server(node))

"""What decides a story, and how it ended."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from tests.simulation.partners.choice import MIXED
from tests.simulation.telling.watch import Row
from tests.simulation.world.chance import FaultId
from tests.simulation.world.events import Events

VERSION = 6
"""Of the meaning of a seed. Raise it when a change alters what an existing seed plays: a fault, its
probability, a verb, a weight, an order of draws; `RENEW` says what follows."""
RENEW = """\
When only the hub acts otherwise in these stories, and what a seed draws is as before:
- run `python -m tests.simulation.golden`, which writes the hashes anew.
When a change was to give seeds other stories:
- raise VERSION in tests/simulation/plot.py, and write it into tests/simulation/regressions.toml;
- replace [defects] there by what `script/simulate --defects` prints, and [races] by what
  `script/simulate --defects --postgres` prints; delete its [[seeds]], whose stories are no more;
- run `python -m tests.simulation.golden`;
- run `script/simulate --seeds 1-1000`, which must meet everything, and `script/test long`: some
  tests name seeds."""
"""What tests say that notice another meaning of seeds."""
DOSSIERS = 20
DOSSIERS_ON_POSTGRES = 4
"""Where transactions interleave: few, so that processes meet at one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What decides a story."""

    seed: int
    dossiers: int = DOSSIERS
    left_out: frozenset[FaultId] = frozenset()
    moved: frozenset[FaultId] = frozenset()
    """Faults that happen whatever the chance says: earlier than those that were left out."""
    without: frozenset[int] = frozenset()
    """Dossiers that do not come, by their place."""
    shortened: bool = False
    """Steps are counted, so that they can be left out like faults."""
    at_most: float = math.inf
    """Steps after which it breaks off: it is not shorter than one that is known."""
    partners: str = MIXED
    """`models`, `adapters`, or `mixed`: see `partners.choice`."""


@dataclass(kw_only=True)
class Ended:
    """How a story ended."""

    plot: Plot
    broken: str = ""
    """The promise that did not hold, "" when all did."""
    steps: int = 0
    digest: str = ""
    struck: list[FaultId] = field(default_factory=list)
    taken: list[FaultId] = field(default_factory=list)
    """Steps, where the plot counts them."""
    met: Counter[str] = field(default_factory=Counter)
    events: Events = field(default_factory=Events)
    rows: list[Row] = field(default_factory=list)
    """The story as it is told to a person, where it was watched."""


class Player(Protocol):
    """Plays a story, in memory or on a server."""

    def __call__(self, plot: Plot, *, watched: bool = False) -> Ended:
        """Return how it ended; one that is `watched` can be told."""

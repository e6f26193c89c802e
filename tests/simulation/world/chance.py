"""Where a story's chance comes from: faults can be left out one by one, and the rest stays.

Each kind of fault has its own stream, drawn by its count. Leaving out one fault changes no other
draw of its kind, which is what makes a story shorter step by step possible. Steps are counted by
their kinds, too, where a story is made shorter: they can be left out like faults.
"""

import random
from collections import Counter
from hashlib import blake2b
from typing import NamedTuple


class FaultId(NamedTuple):
    """The n-th chance of a kind in a story, or the n-th step of a kind."""

    kind: str
    nth: int


class Chance:
    """All that a seed decides."""

    def __init__(
        self,
        seed: int,
        *,
        left_out: frozenset[FaultId] = frozenset(),
        moved: frozenset[FaultId] = frozenset(),
        counts_steps: bool = False,
        weights: dict[str, float] | None = None,
    ) -> None:
        self.seed = seed
        self.order = random.Random(f"order {seed}")
        """Which step comes next, and how long things take."""
        self.struck: list[FaultId] = []
        """Faults that happened."""
        self.taken: list[FaultId] = []
        """Steps that were taken, where they are counted."""
        self.met: Counter[str] = Counter()
        self.calm = False
        """At the end of a story: no fault any more."""
        self._left_out = left_out
        self._moved = moved
        self._counts_steps = counts_steps
        self._weights = weights or {}
        self._counts: Counter[str] = Counter()

    def stream(self, name: str) -> random.Random:
        """Return a source of chance of its own."""
        return random.Random(f"{name} {self.seed}")

    def strikes(self, kind: str, probability: float) -> bool:
        """Tell whether a fault of this kind happens now."""
        if self.calm:
            return False
        self._counts[kind] = nth = self._counts[kind] + 1
        draw = share_of(f"{kind} {self.seed} {nth}")
        drawn = draw < probability * self._weights.get(kind, 1.0)
        if not drawn and not self._moved:  # nearly always
            return False
        id = FaultId(kind, nth)
        if id not in self._moved and (not drawn or id in self._left_out):
            return False
        self.struck.append(id)
        self.met[f"fault {kind}"] += 1
        return True

    def takes_step(self, kind: str) -> bool:
        """Tell whether a step of this kind is taken now; when faults have ceased, every one is."""
        if not self._counts_steps or self.calm:
            return True
        kind = f"step {kind}"
        self._counts[kind] += 1
        id = FaultId(kind, self._counts[kind])
        if id in self._left_out:
            return False
        self.taken.append(id)
        return True


def share_of(name: str) -> float:
    """Return the number in [0, 1) that a name stands for; a generator's seed costs ten times it."""
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest(), "big") / 2**56

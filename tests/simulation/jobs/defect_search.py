"""Plants each defect in turn and searches the first seed that shows it.

Each process has its share of the defects. A defect is planted anew for each story, so that a story
shows it alone, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from tests.simulation import defects
from tests.simulation.interleaving.races import RACES
from tests.simulation.jobs.options import Stories
from tests.simulation.jobs.shares import Played, play_each
from tests.simulation.plot import Ended, Player, Plot


class Found(NamedTuple):
    """What came of one defect."""

    name: str
    seed: int | None
    """None where no seed shows it."""
    broken: str


def names(*, postgres: bool) -> list[str]:
    """Return the defects that stories in memory show, or those that only a server shows."""
    return list(RACES if postgres else defects.DEFECTS)


def with_defect(player: Player, name: str) -> Player:
    """Return what plays each story with a defect."""

    def play(plot: Plot, *, watched: bool = False) -> Ended:
        with defects.plant(name):
            return player(plot, watched=watched)

    return play


def search(
    player: Player, wanted: Sequence[str], stories: Stories, known: Mapping[str, int], *, jobs: int
) -> Iterator[Found]:
    """Yield the first seed of each, as it is found; a known one is tried before the others."""

    def search_one(place: int) -> Played:
        name = wanted[place]
        planted = with_defect(player, name)
        seeds = [known[name]] if name in known else []
        for seed in chain(seeds, stories.seeds):
            ended = planted(replace(stories.plot, seed=seed))
            if ended.broken:
                return Played(place=place, found=(seed, ended.broken))
        return Played(place=place)

    for played in play_each(len(wanted), search_one, jobs=jobs):
        seed, broken = played.found or (None, "not found")
        yield Found(wanted[played.place], seed, broken)

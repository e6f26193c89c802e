"""What the command was asked for, checked, and the stories that this means."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.simulation.defects import CHANCE_OF_THE_MACHINE, DEFECTS
from tests.simulation.interleaving.races import RACES
from tests.simulation.partners.choice import ADAPTERS, KINDS
from tests.simulation.plot import DOSSIERS, DOSSIERS_ON_POSTGRES, VERSION, Plot

SEEDS = range(1, 101)
"""Where no seeds are asked for."""
OF_DEFECTS = range(1, 1001)
"""In which a planted defect is searched, where no seeds are asked for."""
WITHOUT_END = range(1, sys.maxsize // 2)
"""For as long as there is time."""


class WrongWord(ValueError):
    """The command was given something that it cannot do."""


def seeds_of(words: str) -> range:
    """Return the seeds that `1-1000` or `7` names; raises WrongWord."""
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", words.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        raise WrongWord(f"--seeds {words}: a first and a last seed are wanted, e.g. 1-1000.")
    return range(first, last + 1)


def one_of(option: str, word: str, words: Sequence[str]) -> str:
    """Return the word if it is one of those that an option knows; raises WrongWord."""
    if word not in words:
        known = "".join(f"\n  {it}" for it in words)
        raise WrongWord(f"{option} {word}: there is none of this name. There are:{known}")
    return word


@dataclass(frozen=True, kw_only=True)
class Stories:
    """Stories by their places."""

    known: Sequence[Plot] = ()
    """Those of the file come first, each as it was found."""
    seeds: range
    plot: Plot
    """Of the other ones, each with its own seed."""
    usual_dossiers: int = DOSSIERS

    @property
    def are_endless(self) -> bool:
        """Whether only time ends them."""
        return self.seeds is WITHOUT_END

    @property
    def are_usual(self) -> bool:
        """Whether each is what its seed alone means: the file's seeds are of such stories."""
        return self.plot == Plot(seed=self.plot.seed, dossiers=self.usual_dossiers)

    def __len__(self) -> int:
        return len(self.known) + len(self.seeds)

    def __getitem__(self, place: int) -> Plot:
        if place < len(self.known):
            return self.known[place]
        return replace(self.plot, seed=self.seeds[place - len(self.known)])


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command was asked for; see its help."""

    seeds: str | None
    seed: int | None
    version: int
    story: bool
    minutes: float | None
    jobs: int
    dossiers: int | None
    defect: str
    partners: str
    all_defects: bool
    known: bool
    postgres: bool
    report: Path | None

    def check(self) -> None:
        """Refuse what means nothing, or would be ignored; raises WrongWord."""
        if self.version != VERSION:
            raise WrongWord(f"--version {self.version}: these stories are of version {VERSION}.")
        one_of("--partners", self.partners, KINDS)
        if self.defect:
            one_of("--defect", self.defect, defect_names())
        if self.seed is not None and self.seeds is not None:
            raise WrongWord("--seed is one story, --seeds are many: not both.")
        if self.all_defects:
            _refuse_beside("--defects", self._of_stories())
        if self.postgres:
            alone = {"--partners adapters": self.partners == ADAPTERS, "--jobs": self.jobs > 1}
            _refuse_beside("--postgres", alone)

    def stories(self, known: Sequence[Plot] = ()) -> Stories:
        """Return the stories to play; raises WrongWord."""
        if self.seed is not None:
            seeds = range(self.seed, self.seed + 1)
        elif self.seeds is not None:
            seeds = seeds_of(self.seeds)
        elif self.all_defects:
            seeds = OF_DEFECTS
        else:
            seeds = SEEDS if self.minutes is None else WITHOUT_END
        usual = DOSSIERS_ON_POSTGRES if self.postgres else DOSSIERS
        plot = Plot(seed=0, dossiers=self.dossiers or usual, partners=self.partners)
        return Stories(known=known, seeds=seeds, plot=plot, usual_dossiers=usual)

    def _of_stories(self) -> Mapping[str, bool]:
        return {
            "--seed": self.seed is not None,
            "--story": self.story,
            "--minutes": self.minutes is not None,
            "--defect": bool(self.defect),
            "--regressions": self.known,
        }


def defect_names() -> list[str]:
    """Return what `--defect` knows."""
    return [*DEFECTS, *RACES, CHANCE_OF_THE_MACHINE]


def _refuse_beside(option: str, others: Mapping[str, bool]) -> None:
    given = [name for name, is_given in others.items() if is_given]
    if given:
        raise WrongWord(f"{option} does not go together with {', '.join(given)}.")

"""The hash of each golden story, as `digests.toml` has it and as it is now."""

import tomllib
from pathlib import Path

from hub.records.rulebook import Rulebook
from tests.simulation.play import play
from tests.simulation.plot import VERSION, Plot

FILE = Path(__file__).with_suffix(".toml")
SEEDS = (1, 7, 8, 12)
"""Together they have every trait; one has the real adapters, and one nothing special."""
DOSSIERS = 4


def known() -> dict[str, str]:
    """Return the file: the hash by the seed, and the version for which it was written."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {"version": str(read["version"]), **read["digests"]}


def present() -> dict[str, str]:
    """Play them; the order of sets has to be fixed (PYTHONHASHSEED=0)."""
    rules = Rulebook.load()
    played = {f"{seed}": play(Plot(seed=seed, dossiers=DOSSIERS), rules).digest for seed in SEEDS}
    return {"version": str(VERSION), **played}


def write(found: dict[str, str]) -> None:
    """Write the file anew."""
    lines = [f'{seed} = "{digest}"' for seed, digest in found.items() if seed != "version"]
    head = (
        "# Written by `python -m tests.simulation.golden`. They belong to a version of the stories."
    )
    FILE.write_text(
        "\n".join([head, f"version = {found['version']}", "", "[digests]", *lines, ""]),
        encoding="utf-8",
    )

"""`regressions.toml`: seeds that once found a defect, and the seed that finds each planted one."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.simulation.partners.choice import MIXED
from tests.simulation.plot import DOSSIERS, RENEW, VERSION, Plot

FILE = Path(__file__).with_suffix(".toml")


class OtherVersion(ValueError):
    """The seeds of the file belong to another version of the stories."""


def plots(*, postgres: bool = False) -> list[Plot]:
    """Return what is played again and again, in memory or on a server; raises OtherVersion."""
    return [
        Plot(
            seed=entry["seed"],
            dossiers=entry.get("dossiers", DOSSIERS),
            partners=entry.get("partners", MIXED),
        )
        for entry in _read().get("seeds", ())
        if entry.get("postgres", False) is postgres
    ]


def planted(*, postgres: bool = False) -> dict[str, int]:
    """Return a seed that finds a planted defect, by its name; raises OtherVersion."""
    return dict(_read().get(_table(postgres), {}))


def entry(plot: Plot, *, postgres: bool) -> str:
    """Return the lines that make a story a test."""
    lines = [
        "[[seeds]]",
        f"seed = {plot.seed}",
        f"dossiers = {plot.dossiers}",
        f'partners = "{plot.partners}"',
        *(["postgres = true"] if postgres else []),
        'why = "what was wrong with the hub"',
    ]
    return "\n".join(lines)


def block(found: Mapping[str, int], *, postgres: bool) -> str:
    """Return the table of the seeds that find planted defects."""
    lines = [f"{json.dumps(name)} = {seed}" for name, seed in sorted(found.items())]
    return "\n".join([f"[{_table(postgres)}]", *lines])


def _table(postgres: bool) -> str:
    return "races" if postgres else "defects"


def _read() -> dict[str, Any]:
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    if read["version"] != VERSION:
        raise OtherVersion(
            f"{FILE.name} has seeds of version {read['version']}; these stories are of {VERSION}.\n"
            f"{RENEW}"
        )
    return read

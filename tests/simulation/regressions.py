"""`regressions.toml`: seeds that once found a defect, and the seed that finds each planted one."""

import tomllib
from pathlib import Path

from tests.simulation.plot import VERSION

FILE = Path(__file__).with_suffix(".toml")


class OtherVersion(ValueError):
    """The seeds of the file belong to another version of the stories."""


def seeds() -> dict[int, str]:
    """Return the seeds that are played again and again, with why."""
    return {int(seed): why for seed, why in _read()["seeds"].items()}


def planted() -> dict[str, int]:
    """Return a seed that finds a planted defect, by its name."""
    return dict(_read()["defects"])


def _read() -> dict:  # type: ignore[type-arg]
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    if read["version"] != VERSION:
        raise OtherVersion(
            f"{FILE.name} has seeds of version {read['version']}; these stories are of {VERSION}. "
            "Find the seeds anew: script/simulate --defects"
        )
    return read

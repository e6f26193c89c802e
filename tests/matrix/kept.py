"""Results of earlier runs. One is used again only for the same code on the same versions.

Only results without a failure are kept.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tests.matrix.combinations import SLICES, Combination
from tests.matrix.programs import Programs
from tests.matrix.run import Outcome

SHOWN = {Path("tests/matrix", name) for name in ("table.py", "__main__.py", "kept.py")}
"""Files of the matrix that change what is shown, and no result."""
CODE = (
    "hub",
    "adapters",
    "schemas",
    "requirements",
    "tests/support",
    "tests/chaos",
    "tests/matrix",
)
"""Whatever a result depends on, beside the slices' own files."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one combination."""

    at: datetime
    outcomes: Mapping[str, Outcome]

    @property
    def good(self) -> bool:
        """Every slice passed."""
        return all(outcome.good for outcome in self.outcomes.values())


def key(combination: Combination, found: Programs) -> str:
    """Return what a result stands for: a hash of the code and of the programs' versions."""
    digest = hashlib.sha256()
    places = [*CODE, "tests/conftest.py", *(path for paths in SLICES.values() for path in paths)]
    for place in map(Path, places):
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts and file not in SHOWN:
                digest.update(f"{file}\0".encode() + file.read_bytes())
    for program in (
        found.rabbitmq[combination.rabbitmq],
        found.postgresql[combination.postgresql],
        found.python[combination.python],
    ):
        digest.update(f"\0{program.version}".encode())
    return digest.hexdigest()


def read(path: Path, wanted: str) -> Result | None:
    """Return the result that was kept under this key, if any."""
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    if data["key"] != wanted:
        return None
    outcomes = {name: Outcome(**it) for name, it in data["outcomes"].items()}
    return Result(datetime.fromisoformat(data["at"]), outcomes)


def write(path: Path, result: Result, key: str) -> None:
    """Keep a result that has no failure."""
    if not result.good:
        path.unlink(missing_ok=True)
        return
    outcomes = {name: asdict(outcome) for name, outcome in result.outcomes.items()}
    data = {"key": key, "at": result.at.isoformat(), "outcomes": outcomes}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")

"""Runs one combination: its slices, one after the other, each in a process of its own.

The versions in the result are those that the servers themselves told a client
(`test_versions.py`), not those that were asked for.
"""

import os
import subprocess
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from tests.matrix.combinations import SLICES, Combination
from tests.matrix.programs import SETTINGS, Programs

LONGEST = timedelta(minutes=9)
"""A slice that takes longer has failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slice, or of the question for the versions."""

    passed: int
    failed: int
    seconds: float
    versions: dict[str, str]
    """What servers and interpreter said of themselves; only from the question."""

    @property
    def good(self) -> bool:
        """Something was tried, and nothing failed."""
        return self.passed > 0 and self.failed == 0


def missing(combination: Combination, found: Programs) -> list[str]:
    """Return what of a combination is not on this machine: "RabbitMQ 4.0"."""
    wanted = {"RabbitMQ": "rabbitmq", "PostgreSQL": "postgresql", "Python": "python"}
    return [
        f"{shown} {getattr(combination, name)}"
        for shown, name in wanted.items()
        if getattr(combination, name) not in getattr(found, name)
    ]


def run(combination: Combination, found: Programs, logs: Path) -> dict[str, Outcome]:
    """Run all of a combination that is there. Return what became of each slice."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HUB_")},
        SETTINGS["rabbitmq"]: found.rabbitmq[combination.rabbitmq].path,
        SETTINGS["postgresql"]: found.postgresql[combination.postgresql].path,
        "CI": "true",  # a service that cannot be had is a failure, no skip
    }
    python = found.python[combination.python].path
    tests = {"versions": ("tests/matrix/test_versions.py",), **SLICES}
    return {
        name: _slice(
            [python, "-m", "pytest", *paths],
            environment,
            logs / f"{combination.name}-{name.replace(' ', '-')}",
        )
        for name, paths in tests.items()
    }


def _slice(command: list[str], environment: dict[str, str], log: Path) -> Outcome:
    report = Path(f"{log}.xml")
    report.unlink(missing_ok=True)
    command += [
        "-q",
        "-o",
        "cache_dir=var/cache/pytest-matrix",
        "-m",
        "not long",
    ]
    began = time.monotonic()
    with Path(f"{log}.log").open("wb") as output:
        try:
            subprocess.run(
                [*command, f"--junitxml={report}"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=LONGEST.total_seconds(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            output.write(f"\nended after {LONGEST}\n".encode())
    seconds = time.monotonic() - began
    if not report.exists():
        return Outcome(0, 1, seconds, {})
    return outcome_of(report.read_text(encoding="utf-8"), seconds)


def outcome_of(report: str, seconds: float) -> Outcome:
    """Count what pytest's report in JUnit's form says."""
    root = ElementTree.fromstring(report)  # noqa: S314 (pytest has just written it)
    suites = list(root.iter("testsuite"))

    def count(*names: str) -> int:
        return sum(int(suite.get(name, "0")) for suite in suites for name in names)

    failed = count("failures", "errors")
    versions = {it.get("name", ""): it.get("value", "") for it in root.iter("property")}
    return Outcome(count("tests") - failed - count("skipped"), failed, seconds, versions)

"""What the tests of a file took, by pytest's own reports (`--junitxml`), and the file of it."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

HEADER = """\
# Seconds that the tests of each file took, the fixtures included. Written by `script/test record`
# after a whole run on a quiet machine; a file that is not here counts as two seconds. Only the
# division of the tests depends on it.
"""


def read(path: Path) -> dict[str, float]:
    """Return the kept seconds of each test file; none when there is no file."""
    if not path.is_file():
        return {}
    return dict(tomllib.loads(path.read_text(encoding="utf-8")))


def written(seconds: Mapping[str, float]) -> str:
    """Return the text of the file, a line a test file."""
    return HEADER + "".join(f'"{path}" = {took:.1f}\n' for path, took in sorted(seconds.items()))


def of_reports(reports: Iterable[Path]) -> dict[str, float]:
    """Return the seconds of each test file in reports of the family xunit1, which name the file."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        # Written by our own pytest; nobody else writes there.
        for case in ET.parse(report).iter("testcase"):  # noqa: S314
            seconds[case.get("file", "")] += float(case.get("time", "0"))
    seconds.pop("", None)
    return dict(seconds)


def skipped(reports: Iterable[Path]) -> dict[str, list[str]]:
    """Return why tests were skipped -> the file of each of them."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for report in reports:
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - as above
            for skip in case.iter("skipped"):
                found[skip.get("message", "")].append(case.get("file", ""))
    return dict(found)

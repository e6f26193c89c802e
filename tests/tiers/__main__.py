"""`script/test` asks here what to run beside what, and whether it took too long.

split COUNT PATH...      writes the test files under the paths in COUNT groups of about equal time,
                         to var/test/group-1.txt and so on
budget TIER SECONDS      says so when a tier took longer than its budget
skipped                  says what the last runs have skipped, by its reason
record                   rewrites seconds.toml from the reports (var/test/*.xml) of the last runs
"""

import sys
import tomllib
from pathlib import Path

from tests.tiers import division, measured

HERE = Path(__file__).parent
REPORTS = Path("var/test")
BUDGETS, SECONDS = HERE / "budgets.toml", HERE / "seconds.toml"


def split(count: int, paths: list[str]) -> None:
    """Write the groups."""
    seconds = measured.read(SECONDS)
    groups = division.balanced(division.test_files(paths), seconds, count)
    for number, group in enumerate(groups, 1):
        (REPORTS / f"group-{number}.txt").write_text("\n".join(group) + "\n", encoding="utf-8")


def budget(tier: str, seconds: int) -> None:
    """Say when the tier took longer than it may."""
    allowed = tomllib.loads(BUDGETS.read_text(encoding="utf-8")).get(tier)
    if allowed is not None and seconds > allowed:
        print(f"{tier} took {seconds} s, its budget is {allowed} s (tests/tiers/budgets.toml)")


def skipped() -> None:
    """Print a line for each reason: how many tests, in which file the first of them is."""
    for reason, files in measured.skipped(sorted(REPORTS.glob("*.xml"))).items():
        print(f"skipped {len(files)}: {reason} ({files[0]})")


def record() -> None:
    """Rewrite the measured seconds; files that no report names keep theirs while they exist."""
    seconds = {**measured.read(SECONDS), **measured.of_reports(REPORTS.glob("*.xml"))}
    kept = {path: it for path, it in seconds.items() if Path(path).is_file()}
    SECONDS.write_text(measured.written(kept), encoding="utf-8")
    print(f"{len(kept)} files, {sum(kept.values()):.0f} s")


def main(words: list[str]) -> None:
    """Do what the words say; raises SystemExit with the usage."""
    match words:
        case ["split", count, *paths] if paths and count.isdecimal():
            split(int(count), paths)
        case ["budget", tier, seconds] if seconds.isdecimal():
            budget(tier, int(seconds))
        case ["skipped"]:
            skipped()
        case ["record"]:
            record()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

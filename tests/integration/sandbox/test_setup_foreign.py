"""Set-up brings what the foreign partners run on, or says plainly what is missing and goes on."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIB = ROOT / "script/lib"
LOCK = ROOT / "tests/foreign/partners/package-lock.json"
PROGRAMS = """
apt_install() { echo "apt $*"; }
may_apt() { [ "$root" = yes ]; }
has_php_soap() { false; }
npm() { echo "npm $*" >>"$calls"; mkdir -p node_modules; return ${broken:-0}; }
"""
"""The machine: no PHP, an npm that notes its calls; `command -v` finds functions too."""


def set_up(directory: Path, **variables: str) -> str:
    """Run the library's own function in a copy of what it reads; return what it says."""
    partners = directory / "tests/foreign/partners"
    partners.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        (partners / name).write_bytes((LOCK.parent / name).read_bytes())
    steps = "install_foreign_programs; install_foreign_packages"
    program = f"set -eu; . {LIB}/say.sh; . {LIB}/foreign.sh; {PROGRAMS} {steps}"
    environment = {"PATH": "/usr/bin:/bin", "calls": str(directory / "calls"), **variables}
    done = subprocess.run(
        ["/bin/sh", "-c", program],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def calls(directory: Path) -> list[str]:
    file = directory / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_a_second_run_asks_no_network(tmp_path: Path) -> None:
    """The stamp names the lock: installed once, with its hashes and without packages' scripts."""
    set_up(tmp_path, root="no")
    set_up(tmp_path, root="no")
    assert calls(tmp_path) == ["npm ci --ignore-scripts --omit=dev"]


@pytest.mark.parametrize(("root", "said"), [("yes", "apt "), ("no", "Not here:")])
def test_what_is_missing_is_installed_by_root_and_named_to_others(
    tmp_path: Path, root: str, said: str
) -> None:
    """A laptop goes on without; its tests skip with the same names."""
    output = set_up(tmp_path, root=root)
    assert "php-cli php-soap" in output
    assert said in output


def test_a_registry_that_cannot_be_reached_stops_nothing(tmp_path: Path) -> None:
    """It is said, and tried again the next time."""
    assert "could not be installed" in set_up(tmp_path, root="no", broken="1")
    set_up(tmp_path, root="no", broken="1")
    assert len(calls(tmp_path)) == 2


def test_the_npm_lock_holds_hashes_and_no_address() -> None:
    """Where a machine gets its packages from is that machine's business."""
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "://" not in LOCK.read_text(encoding="utf-8")
    named = lock["packages"][""]["dependencies"]
    assert all(version[0].isdigit() for version in named.values())

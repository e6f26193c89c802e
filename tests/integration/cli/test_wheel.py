"""The wheel: all that an installation needs, and nothing that only the demo and the tests need."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from hub.drill.sandbox import programs
from hub.environment import SANDBOX_SETTINGS

ROOT = Path(__file__).parents[3]
LEFT_OUT = ("hub", "drill")
_PROGRAM = """
from typer.testing import CliRunner
from hub.cli import app
for words in (["migrate"], ["demo"], ["broker", "node"]):
    ended = CliRunner().invoke(app, words)
    print(ended.exit_code, ended.output, end="---\\n")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel."""
    place = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(place), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """A folder as an installation has it: what is in the wheel, and no source tree."""
    place = wheel.parent / "site"
    zipfile.ZipFile(wheel).extractall(place)
    return place


def test_wheel_holds_every_file_of_the_packages_but_the_drill(wheel: Path) -> None:
    """A text, a contract or a migration that is left out would be missed at the ward."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("hub", "adapters", "schemas")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == {name for name in wanted if Path(name).parts[:2] != LEFT_OUT}


def test_installed_hub_migrates_and_says_what_needs_the_source_tree(installed: Path) -> None:
    """Its settings, too, stand without the drill; `demo` and `broker node` end in a sentence."""
    ended = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM],
        cwd=installed.parent,
        env={"PATH": os.defpath, "PYTHONPATH": str(installed), "HUB_DATA_DIR": "data"}
        | {"HUB_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    migrated, demo, broker = ended.stdout.split("---\n")[:3]
    assert migrated.startswith("0 ")
    for told in (demo, broker):
        assert told.startswith("2 ")
        assert "source tree" in told


def test_settings_of_the_sandbox_are_those_that_the_hub_ignores() -> None:
    """Otherwise a hub beside the tests would call them unknown and not start."""
    assert {programs.SERVER_SETTING, programs.DATABASE_SETTING} == SANDBOX_SETTINGS

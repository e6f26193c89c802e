"""What keeps habits alike: `make help`, hooks, the forge's workflow, commit subjects."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(path.name for path in (ROOT / "script").iterdir() if path.is_file())


def test_make_help_names_every_script_with_a_sentence() -> None:
    """A new engineer finds all commands in one place."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    shown = subprocess.run([make, "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^  make (\S+) +\S{2}", shown.stdout, re.MULTILINE) == SCRIPTS


def test_hooks_are_local_and_what_they_start_is_there() -> None:
    """A commit downloads nothing."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        program = hook["entry"].split()[0]
        assert program.startswith(".venv/bin/") or (ROOT / program).is_file(), program


def test_the_workflow_calls_scripts_that_are_there() -> None:
    """What the forge runs is what a person can run."""
    text = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    called = set(re.findall(r"(?:\.ci|script)/\w+", text))
    assert called == {".ci/run", "script/test"}
    assert all((ROOT / path).is_file() for path in called)
    images = re.findall(r"uses: \S+@(\S+)", text)
    assert all(re.fullmatch(r"[0-9a-f]{40}", version) for version in images), "no moving tag"


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("Correlate the last-sent subquery", 0),
        ("Correlate the last-sent subquery.", 1),
        ("Fixed the subquery", 1),
        ("Correlate " + "x" * 72, 1),
        ("Merge branch 'side'", 0),
    ],
)
def test_a_subject_is_short_and_imperative(subject: str, code: int, tmp_path: Path) -> None:
    """The log can be read as a list of what each commit does."""
    message = tmp_path / "message"
    message.write_text(f"# a comment\n{subject}\n\nThe reason.\n", encoding="utf-8")
    done = subprocess.run([ROOT / "script/lib/subject.sh", message], check=False)
    assert done.returncode == code

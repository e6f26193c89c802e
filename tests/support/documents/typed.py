"""Commands as a person types them: a directory like the project's, a shell, a second terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.documents.commands import ROOT, operator_name

SH = "/bin/sh"


def make_tree(place: Path) -> Path:
    """Make a directory that looks to a shell like the project's own; its `script/setup` does
    nothing, because everything is installed."""
    place.mkdir()
    (place / ".venv").symlink_to(sys.prefix)
    for name in ("hub", "adapters", "schemas"):
        (place / name).symlink_to(ROOT / name)
    # Copied: it works in the directory above its own.
    (place / "script" / "lib").mkdir(parents=True)
    (place / "script" / "systemd").mkdir()
    copied = ["script/secrets", "script/run", "script/lib/say.sh"]
    copied += [f"script/systemd/{path.name}" for path in (ROOT / "script/systemd").iterdir()]
    for name in copied:
        (place / name).write_bytes((ROOT / name).read_bytes())
        (place / name).chmod(0o755)
    setup = place / "script" / "setup"
    setup.write_text("#!/bin/sh\n", encoding="utf-8")
    setup.chmod(0o755)
    return place


def with_own(text: str, own: Mapping[str, str]) -> str:
    """Replace what every reader has to replace; each has to be there."""
    for written, meant in own.items():
        assert written in text, written
        text = text.replace(written, meant)
    return text


def shell(text: str, tree: Path) -> str:
    """Run commands to their end; return what they printed."""
    done = subprocess.run(
        [SH, "-eu", "-c", text], cwd=tree, env=environment(tree), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(tree: Path) -> dict[str, str]:
    """Return what a person's shell has: no settings of the hub but the name, set once."""
    own = {"PATH": os.defpath, "HOME": str(tree), "LANG": "C.UTF-8"}
    return {**own, "HUB_OPERATOR": operator_name()}


@contextmanager
def at_work(text: str, tree: Path) -> Iterator[str]:
    """Run commands of which the last one stays; yields its line that says "ready"."""
    process = subprocess.Popen(
        [SH, "-eu", "-c", text],
        cwd=tree,
        env=environment(tree),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    printed: list[str] = []
    try:
        for line in process.stdout:
            printed.append(line)
            if "ready" in line.lower() or "Sẵn sàng" in line:
                yield line
                break
        else:
            pytest.fail("".join(printed))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        printed += process.stdout
        code = process.wait(60)
        process.stdout.close()
    assert code in (0, -signal.SIGTERM), "".join(printed)

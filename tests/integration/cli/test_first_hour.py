"""README and RUNBOOK from the start to a restored backup, typed as they stand there."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.drill.sandbox import loopback, programs
from tests.support.documents import README, ROOT, RUNBOOK, block, lines, operator_name
from tests.support.partners.province import PASSWORD, USERNAME, start_province
from tests.support.services import RabbitService

SH = "/bin/sh"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory that looks to a shell like the project's own."""
    place = tmp_path / "one-stop-hub"
    place.mkdir()
    (place / ".venv").symlink_to(sys.prefix)
    for name in ("hub", "adapters", "schemas"):
        (place / name).symlink_to(ROOT / name)
    # Copied: it works in the directory above its own.
    (place / "script" / "lib").mkdir(parents=True)
    for name in ("script/secrets", "script/lib/say.sh"):
        (place / name).write_bytes((ROOT / name).read_bytes())
        (place / name).chmod(0o755)
    (place / "backup").mkdir()
    (place / "var" / "secrets").mkdir(parents=True)
    (place / "var" / "secrets" / "province_password").write_text(PASSWORD, encoding="utf-8")
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
            if "ready" in line:
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


def test_the_readme_leads_to_a_hub_that_takes_the_example_and_the_runbook_to_its_copy(
    tree: Path, rabbit: RabbitService, rabbit_url: str
) -> None:
    """Set up, check, run, hand in, back up beside the running hub, stop, restore, ask first."""
    if not Path("/usr/bin/curl").exists():
        pytest.skip("curl is not installed")
    assert 'exec .venv/bin/python -m hub run "$@"' in (ROOT / "script" / "run").read_text()
    port, data = str(loopback.free_port()), f"{tree}/var/hub"
    with start_province(tree) as province:
        running = with_own(
            block(README, "hub topology apply"),
            {
                "/var/lib/hub": data,
                "8080": port,
                "amqp://hub:...@127.0.0.1:5672/%2F": rabbit_url,
                "http://hub:...@127.0.0.1:15672": rabbit.management_url,
                "https://province.example": province.url,
                "HUB_PROVINCE_USERNAME=...": f"HUB_PROVINCE_USERNAME={USERNAME}",
                "https://town.example": "http://127.0.0.1:1",
                "script/run ": "exec .venv/bin/hub run ",
            },
        )
        with at_work(running, tree) as ready:
            assert f"http://127.0.0.1:{port}" in ready
            answer = shell(with_own(block(README, "curl"), {"8080": port}), tree)
            assert json.loads(answer)
            archive = Path(data) / "archive" / "2017-08-000001.archive"
            archive.parent.mkdir(exist_ok=True)
            archive.write_bytes(b"archived dossiers")
            backup = [it for it in lines(block(RUNBOOK, "VACUUM INTO")) if "pg_dump" not in it]
            shell(with_own("\n".join(backup), {"/backup": f"{tree}/backup"}), tree)
    assert (tree / "backup" / "archive" / archive.name).read_bytes() == archive.read_bytes()
    for old in Path(data).glob("hub.db*"):
        old.unlink()
    (tree / "backup" / "hub.db").rename(Path(data) / "hub.db")
    settings = running.split(".venv/bin/hub topology apply")[0]
    requeue = block(RUNBOOK, "hub broker requeue --restored").split("\n#")[0]
    assert shell(settings + requeue, tree).strip()


def test_postgresql_is_copied_and_put_back_as_the_runbook_says(
    tree: Path, postgres_url: str
) -> None:
    """The copy's own command, and the options of the one for containers."""
    place = programs.postgresql("pg_dump").parent
    (command,) = [it for it in lines(block(RUNBOOK, "VACUUM INTO")) if it.startswith("pg_dump")]
    dump = tree / "backup" / "hub.dump"
    text = with_own(command, {"/backup": f"{tree}/backup"})
    address = postgres_url.replace("+psycopg", "")
    shell(f"PATH={place}:$PATH; DATABASE='{address}'; {text}", tree)
    assert dump.stat().st_size > 0
    inside = [it for it in lines(block(RUNBOOK, "pg_restore")) if " postgres pg_" in it]
    for line in inside:
        program, *words = line.split(" postgres ")[1].split()
        known = shell(f"{place}/{program} --help", tree)
        for word in words:
            assert not word.startswith("--") or word.split("=")[0] in known, word
    assert len(inside) == 2

"""README and RUNBOOK from the start to a restored backup, typed as they stand there."""

from pathlib import Path

import pytest

from hub.drill.sandbox import loopback, programs
from tests.support.documents.commands import MESSAGES, README, ROOT, RUNBOOK, block, lines
from tests.support.documents.typed import at_work, make_tree, shell, with_own
from tests.support.partners.province import PASSWORD, USERNAME, start_province
from tests.support.services import RabbitService


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory that looks to a shell like the project's own, with a place for backups."""
    place = make_tree(tmp_path / "one-stop-hub")
    (place / "backup").mkdir()
    (place / "var" / "secrets").mkdir(parents=True)
    (place / "var" / "secrets" / "province_password").write_text(PASSWORD, encoding="utf-8")
    return place


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
            answer = shell(with_own(block(MESSAGES, "curl"), {"8080": port}), tree)
            assert '"duplicate":false' in answer
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

"""`hub partners rehearse` from a shell: what its user reads, what is written, how it ends."""

import os
import stat
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.provincial import profile
from adapters.simulation.process import SimulatorProcess
from hub.cli import main
from hub.store.engine.store import Store
from tests.support.partners import province as p
from tests.support.partners.rehearsals import AGENCY, environment
from tests.support.programs.forked import run_forked

Done = subprocess.CompletedProcess[str]
Hub = Callable[..., Done]
PERSON = "Trần Thị Bình"
NUMBER = f"{AGENCY}-261128-7001"
REASON = "kiểm tra trước khi vận hành"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A province whose database cuts times to minutes and texts to 40 letters."""
    with p.start_province(tmp_path_factory.mktemp("province"), "--dialect", "old-iis") as found:
        yield found


@pytest.fixture
def hub(simulator: SimulatorProcess, tmp_path: Path) -> Hub:
    """Types a command of an installation whose store is there."""
    own = {
        **environment(simulator.url, tmp_path / "hub"),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HUB_OPERATOR": PERSON,
        "HUB_LANGUAGE": "en",
    }

    def typed(*words: str, **more: str) -> Done:
        given = {name: value for name, value in {**own, **more}.items() if value}
        return run_forked(main, words, given, cwd=tmp_path)

    return typed


def decisions(place: Path) -> list[tuple[str, ...]]:
    """Return who decided what on what, and why."""
    store = Store(f"sqlite:///{place}/hub/hub.db")
    with store.read() as tx:
        rows = tx.exec_driver_sql("SELECT actor, action, object, reason FROM audit ORDER BY seq")
        found = [tuple(row) for row in rows]
    store.close()
    return [row for row in found if row[1].startswith("partner.")]


def test_a_test_dossier_makes_a_protocol_and_a_profile_that_the_hub_takes(
    hub: Hub, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """The proposal is TOML that the loader accepts; under it a rehearsal proposes nothing more."""
    assert hub("migrate").returncode == 0
    protocol, proposal = tmp_path / "protocol.txt", tmp_path / "own.toml"
    with_dossier = ("--test-dossier", NUMBER, "--reason", REASON)
    files = ("--protocol", str(protocol), "--proposal", str(proposal))
    done = hub("partners", "rehearse", "province", *with_dossier, *files)
    assert done.returncode == 0, done.stdout + done.stderr
    text = protocol.read_text(encoding="utf-8")
    assert text.strip() in done.stdout
    for wanted in (PERSON, NUMBER, REASON, "[OK]", "The exchange can run under the proposal"):
        assert wanted in text
    assert p.PASSWORD not in done.stdout + done.stderr
    assert f"→ {proposal}" in done.stdout
    for file in (protocol, proposal):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    read = tomllib.loads(proposal.read_text(encoding="utf-8"))
    assert read == {"resolution": {"time": "1m", "text_length": 40}}
    assert profile.load(proposal).profile.resolution.text_length == 40
    use = {"HUB_PROVINCE_PROFILE": str(proposal), "COLUMNS": "240"}
    shown = hub("partners", "show", "province", **use)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "own.toml:" in shown.stdout
    ((actor, *decided),) = decisions(tmp_path)
    assert actor.startswith(PERSON)
    assert decided == ["partner.rehearse", f"provincial {NUMBER}", REASON]

    again = (*with_dossier[:1], NUMBER.replace("7001", "7002"), *with_dossier[2:])
    unneeded = ("--proposal", str(tmp_path / "unneeded.toml"))
    second = hub("partners", "rehearse", "province", *again, *unneeded, **use)
    assert second.returncode == 0, second.stdout + second.stderr
    assert "No line is needed" in second.stdout
    assert not (tmp_path / "unneeded.toml").exists()
    assert p.effects(simulator, NUMBER).count("dossier") == 1


def test_without_a_test_dossier_nothing_is_written_anywhere(
    hub: Hub, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """No effect at the partner, no store, no file; the protocol says that nothing was written."""
    before = simulator.ledger()["effects"]
    done = hub("partners", "rehearse", "province", HUB_OPERATOR="")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No dossier was written (--test-dossier)" in done.stdout
    assert simulator.ledger()["effects"] == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "more", "wanted"),
    [
        (("--test-dossier", NUMBER), {}, "--reason"),
        (("--test-dossier", "abc", "--reason", "x"), {}, "abc"),
        (("--test-dossier", NUMBER, "--reason", "x"), {"HUB_OPERATOR": ""}, "--actor"),
        (("--proposal", "nowhere/own.toml"), {}, "nowhere/own.toml"),
        ((), {"HUB_PROVINCE_URL": ""}, "HUB_PROVINCE_URL"),
    ],
    ids=["no reason", "no number", "no name", "no folder", "no address"],
)
def test_what_cannot_be_done_is_refused_before_anything_is_called(
    hub: Hub,
    simulator: SimulatorProcess,
    words: tuple[str, ...],
    more: dict[str, str],
    wanted: str,
) -> None:
    """Exit code 2, with what is missing; the partner hears nothing."""
    before = simulator.spoken()
    done = hub("partners", "rehearse", "province", *words, **more)
    assert done.returncode == 2, done.stdout + done.stderr
    assert wanted in done.stdout + done.stderr
    assert simulator.spoken() == before


def test_the_profile_in_force_is_not_written_over(
    hub: Hub, simulator: SimulatorProcess, tmp_path: Path
) -> None:
    """A proposal holds only what differs from it: TLS, proxy and codes would be lost."""
    own = tmp_path / "own.toml"
    own.write_text('[lookup]\nlag = "7s"\n', encoding="utf-8")
    before = simulator.spoken()
    for option in ("--proposal", "--protocol"):
        done = hub(
            "partners", "rehearse", "province", option, "own.toml", HUB_PROVINCE_PROFILE=str(own)
        )
        assert done.returncode == 2, done.stdout + done.stderr
        assert "in force" in done.stdout + done.stderr
    assert own.read_text(encoding="utf-8") == '[lookup]\nlag = "7s"\n'
    assert simulator.spoken() == before


def test_a_partner_that_cannot_be_gone_live_with_ends_with_code_1(hub: Hub, tmp_path: Path) -> None:
    """The protocol is printed all the same, and names the step in both languages."""
    done = hub("partners", "rehearse", "province", HUB_PROVINCE_PASSWORD="another")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Going live is NOT possible yet: Login." in done.stdout
    assert "another" not in done.stdout + done.stderr

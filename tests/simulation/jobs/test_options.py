"""What the command of stories refuses, and what it prints to be used again."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console

from tests.simulation import __main__ as command_line
from tests.simulation import regressions
from tests.simulation.jobs import defect_search
from tests.simulation.jobs.options import Stories, WrongWord, seeds_of
from tests.simulation.plot import VERSION, Ended, Plot
from tests.simulation.telling.again import command


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"seed": 1, "version": 0}, "version 0: these stories are of version"),
        ({"seeds": "a-b"}, "--seeds a-b: a first and a last seed are wanted"),
        ({"seeds": "9-3"}, "--seeds 9-3"),
        ({"seeds": "9", "seed": 3}, "not both"),
        ({"partners": "foo"}, "models\n  adapters\n  mixed"),
        ({"defect": "nonsense"}, "--defect nonsense: there is none"),
        ({"all_defects": True, "minutes": 5, "story": True}, "--story, --minutes"),
        ({"postgres": True, "jobs": 2}, "--postgres does not go together with --jobs"),
        ({"postgres": True, "partners": "adapters"}, "with --partners adapters"),
    ],
)
def test_a_wrong_word_is_refused_in_a_sentence(
    wrong: dict[str, Any], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is played, and the exit code is that of a wrong command."""
    with pytest.raises(typer.Exit) as refused:
        command_line.main(**wrong)
    assert refused.value.exit_code == 2
    assert why in capsys.readouterr().out


def test_the_names_of_the_defects_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Those in memory and those that only a server shows."""
    with pytest.raises(typer.Exit):
        command_line.main(defect="list")
    printed = capsys.readouterr().out.splitlines()
    assert {"lanes are not kept", "lanes are not locked"} <= set(printed)


def test_one_number_is_that_seed_alone() -> None:
    """As the help says."""
    assert seeds_of("5") == range(5, 6)
    assert seeds_of("5-7") == range(5, 8)
    with pytest.raises(WrongWord):
        seeds_of("")


@pytest.mark.parametrize("postgres", [False, True])
def test_what_is_printed_for_the_file_is_the_same_story_there(
    postgres: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pasted, it is played with its own dossiers and partners, by the command of its kind only."""
    plot = Plot(seed=7, dossiers=8, partners="models")
    file = tmp_path / "regressions.toml"
    entry = regressions.entry(plot, postgres=postgres)
    block = regressions.block({'a "bad" one': 3}, postgres=postgres)
    file.write_text(f"version = {VERSION}\n{entry}\n{entry}\n{block}\n")
    monkeypatch.setattr(regressions, "FILE", file)
    assert regressions.plots(postgres=postgres) == [plot, plot]
    assert regressions.plots(postgres=not postgres) == []
    assert regressions.planted(postgres=postgres) == {'a "bad" one': 3}
    assert regressions.planted(postgres=not postgres) == {}


def test_the_stories_of_the_file_come_first_and_keep_their_plots() -> None:
    """The others have what the command was given."""
    known = Plot(seed=7)
    stories = Stories(known=[known], seeds=range(1, 3), plot=Plot(seed=0, dossiers=8))
    plots = [stories[place] for place in range(len(stories))]
    assert plots == [known, Plot(seed=1, dossiers=8), Plot(seed=2, dossiers=8)]


def test_the_command_that_plays_a_story_again_has_what_differs() -> None:
    """All that is as usual is left out."""
    assert command(Plot(seed=7)) == f"script/simulate --seed 7 --version {VERSION} --story"
    other = command(Plot(seed=7, dossiers=8, partners="models"), postgres=True, defect="a b")
    assert other == (
        f"script/simulate --seed 7 --version {VERSION} --story "
        "--postgres --dossiers 8 --partners models --defect 'a b'"
    )


@pytest.fixture
def old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds of another version."""
    (tmp_path / "regressions.toml").write_text('version = 1\n[defects]\n"one" = 3\n')
    monkeypatch.setattr(regressions, "FILE", tmp_path / "regressions.toml")


@pytest.mark.usefixtures("old_file")
def test_seeds_of_another_version_in_the_file_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file says for which version its seeds were written, and what to do."""
    with pytest.raises(typer.Exit) as refused:
        command_line.main(known=True, seeds="1-1")
    assert refused.value.exit_code == 2
    told = capsys.readouterr().out
    assert re.search(r"of version 1.*`script/simulate --defects` prints", told, re.DOTALL)


@pytest.mark.usefixtures("old_file")
def test_the_seeds_of_a_new_version_are_found_and_printed_as_a_table_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each defect is planted anew for each story, and its first seed is printed."""
    planted: list[str] = []

    def with_defect(_player: object, name: str) -> Any:
        def play(plot: Plot, **_: object) -> Ended:
            planted.append(name)
            return Ended(plot=plot, broken="1: twice" if plot.seed == len(name) else "")

        return play

    console = Console(width=100)
    monkeypatch.setattr(command_line, "console", console)
    monkeypatch.setattr(command_line, "names", lambda **_: ["three", "by two"])
    monkeypatch.setattr(defect_search, "with_defect", with_defect)
    with console.capture() as captured, pytest.raises(typer.Exit) as ended:
        command_line.main(all_defects=True, jobs=1)
    assert ended.value.exit_code == 0
    assert planted == ["three"] * 5 + ["by two"] * 6
    printed = captured.get()
    assert "of another version" in printed
    found = tomllib.loads(printed[printed.index("[defects]") :])
    assert found == {"defects": {"three": 5, "by two": 6}}

"""A question before an act is asked in the language of its reader and answered in either."""

import io
import sys

import pytest
import typer

from hub.cli.context import confirmed
from hub.texts import Language, use_language


def ask(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """Ask a question that a person answers with what is typed."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    confirmed("Xóa?")


@pytest.mark.parametrize("typed", ["có\n", "co\u0301\n", "CO\n", "c\n", "yes\n", "Y \n"])
def test_yes_in_either_language_goes_on(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """With or without Vietnamese marks, composed or not."""
    ask(monkeypatch, typed)


@pytest.mark.parametrize("typed", ["", "\n", "không\n", "no\n", "n\n", "yes?\n"])
def test_anything_else_stops(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """The end of the input too."""
    with pytest.raises(typer.Abort):
        ask(monkeypatch, typed)


@pytest.mark.parametrize(
    ("language", "shown"), [(Language.VI, "Xóa? [có/không]: "), (Language.EN, "Xóa? [yes/no]: ")]
)
def test_the_answers_are_named_in_the_language_of_the_reader(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    language: Language,
    shown: str,
) -> None:
    """On standard error: standard output is for answers."""
    use_language(language)
    ask(monkeypatch, "y\n")
    assert capsys.readouterr() == ("", shown)

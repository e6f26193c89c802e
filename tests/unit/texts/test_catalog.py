"""The catalogue of texts: complete in both languages, used, and the only place of sentences."""

import tomllib
import unicodedata
from pathlib import Path

import pytest

from hub.environment import load
from hub.settings import SettingsError
from hub.texts import Language, Text, both, joined, language_of, text, use_language
from tests.support.documents.commands import ROOT
from tests.support.documents.text_uses import (
    FOLDER,
    RUNBOOK_FILES,
    Use,
    catalogue,
    fields,
    sources,
    uses,
    vietnamese_strings,
)

ALLOWED: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("vietnamese_in_code.toml").read_text(encoding="utf-8")
)
"""Modules in which a string may be Vietnamese, each with the reason."""


@pytest.mark.parametrize("id", catalogue())
def test_a_text_has_both_languages_with_the_same_values(id: str) -> None:
    """An operator of either language reads the same facts; the letters are composed (NFC)."""
    entry = catalogue()[id]
    assert set(entry) == set(Language)
    assert fields(entry["vi"]) == fields(entry["en"])
    assert all(name.isidentifier() for name in fields(entry["vi"]))
    for sentence in entry.values():
        assert sentence.strip() == sentence
        assert sentence
        assert unicodedata.is_normalized("NFC", sentence)
    values = {name: f"<{name}>" for name in fields(entry["vi"])}
    for language, shown in zip(Language, both(id, **values), strict=True):
        use_language(language)
        assert text(id, **values) == shown
        assert all(value in shown for value in values.values())


@pytest.mark.parametrize("use", uses(), ids=lambda use: use.place)
def test_a_use_names_texts_that_exist_and_gives_their_values(use: Use) -> None:
    """A misspelt id or value would be found only when a person needs the sentence."""
    found = use.concerned()
    assert found, use.id
    for id in found if not use.open else []:
        needed = fields(catalogue()[id]["vi"])
        assert needed == use.values if use.exact else needed <= use.values, id


def test_every_text_is_used() -> None:
    """A sentence that nothing prints is not translated for ever."""
    used = {id for use in uses() for id in use.concerned()}
    assert [id for id in catalogue() if id not in used] == []


def test_files_for_the_runbook_are_there() -> None:
    """They are left out of the catalogue by their names."""
    assert all((FOLDER / f"{name}.toml").is_file() for name in RUNBOOK_FILES)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_holds_no_vietnamese_sentence(path: Path) -> None:
    """A sentence in the logic is in one language or in two; the catalogue has the right place.

    A module of the list that holds none any more leaves the list.
    """
    name = str(path.relative_to(ROOT))
    allowed = name in ALLOWED or any(
        name.startswith(folder) for folder in ALLOWED if folder.endswith("/")
    )
    lines = vietnamese_strings(path)
    assert lines == [] or allowed, f"{name}: lines {lines}: use hub.texts"
    assert lines or name not in ALLOWED, f"{name} leaves {__name__}'s list"


def test_values_that_are_texts_stand_in_the_language_of_the_sentence() -> None:
    """A sentence is never half one, half the other language."""
    sentence = both("schema.newer", place=Text("đây", "here"), found="9", newest=Text("một", "one"))
    assert (
        sentence.vi == "Cơ sở dữ liệu đây mới hơn chương trình này (9 > một): dùng phiên bản chương"
        " trình đã nâng cấp cơ sở dữ liệu."
    )
    assert sentence.en.startswith("The database here is newer than this program (9 > one)")


def test_a_printed_text_is_in_the_language_of_the_process() -> None:
    """Also inside another string, where a caller forgot to choose."""
    greeting = Text("chào", "hello")
    assert f"{greeting}" == "hello"
    use_language(Language.VI)
    assert f"{greeting}" == "chào"


@pytest.mark.parametrize(
    "kept", [Text("có · dấu", "a dot"), Text("như nhau", "như nhau"), Text("", "")]
)
def test_a_stored_text_is_read_as_both_languages(kept: Text) -> None:
    """A column keeps what both languages say, whatever the writer's language was."""
    assert Text.read(kept.stored()) == kept


def test_a_row_of_the_last_release_is_shown_whole() -> None:
    """Nothing that was recorded disappears with an upgrade."""
    old = "đối tác từ chối · the partner refuses"
    assert Text.read(old) == Text(old, old)


def test_several_texts_are_joined_by_language() -> None:
    """A list of findings is one sentence in each language."""
    assert joined("; ", [Text("a", "b"), Text("c", "d")]) == Text("a; c", "b; d")


@pytest.mark.parametrize(
    ("value", "language"), [("vi", Language.VI), ("en", Language.EN), ("fr", Language.VI)]
)
def test_the_environment_chooses_the_language(value: str, language: Language) -> None:
    """Where the value is unknown, the refusal of the setting itself is read in Vietnamese."""
    assert language_of({"HUB_LANGUAGE": value}) is language
    assert language_of({}) is Language.VI


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    """And nothing starts in a language that nobody asked for."""
    with pytest.raises(SettingsError, match="HUB_LANGUAGE: 'fr' is none of vi, en"):
        load({"HUB_LANGUAGE": "fr"})

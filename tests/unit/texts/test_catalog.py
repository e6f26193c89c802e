"""The catalogue of texts: complete in both languages, used, and the only place of sentences."""

import tomllib
import unicodedata
from collections.abc import Mapping
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


# One test for all entries and places: there are thousands, and each test costs more than its check.


def test_a_text_has_both_languages_with_the_same_values() -> None:
    """An operator of either language reads the same facts; the letters are composed (NFC)."""
    assert [id for id, entry in catalogue().items() if not is_whole(id, entry)] == []


def is_whole(id: str, entry: Mapping[str, str]) -> bool:
    """Return whether an entry has both languages, clean and with the same values, and both print
    those values.
    """
    if set(entry) != set(Language) or fields(entry["vi"]) != fields(entry["en"]):
        return False
    values = {name: f"<{name}>" for name in fields(entry["vi"])}
    clean = all(
        it and it.strip() == it and unicodedata.is_normalized("NFC", it) for it in entry.values()
    )
    shown = both(id, **values)
    printed = {language: printed_in(language, id, values) for language in Language}
    return (
        clean
        and all(name.isidentifier() for name in values)
        and (printed[Language.VI], printed[Language.EN]) == (shown.vi, shown.en)
        and all(value in words for value in values.values() for words in printed.values())
    )


def printed_in(language: Language, id: str, values: Mapping[str, str]) -> str:
    """Return a text as a process of a language prints it."""
    use_language(language)
    return text(id, **values)


def test_an_entry_that_lacks_a_value_or_a_language_is_found() -> None:
    """Or the test above could not fail."""
    id, entry = next((id, it) for id, it in catalogue().items() if fields(it["vi"]))
    assert is_whole(id, entry)
    assert not is_whole(id, {"vi": entry["vi"], "en": "nothing"})
    assert not is_whole(id, {"vi": entry["vi"]})
    assert not is_whole(id, {**entry, "en": f"{entry['en']} "})


def test_a_use_names_texts_that_exist_and_gives_their_values() -> None:
    """A misspelt id or value would be found only when a person needs the sentence."""
    assert [(use.place, use.id) for use in uses() if not is_right(use)] == []


def is_right(use: Use) -> bool:
    """Return whether a place names texts that exist, and gives the values that they need."""
    found = use.concerned()
    needed = [fields(catalogue()[id]["vi"]) for id in ([] if use.open else found)]
    given = use.values
    return bool(found) and all(it == given if use.exact else it <= given for it in needed)


def test_every_text_is_used() -> None:
    """A sentence that nothing prints is not translated for ever."""
    used = {id for use in uses() for id in use.concerned()}
    assert [id for id in catalogue() if id not in used] == []


def test_files_for_the_runbook_are_there() -> None:
    """They are left out of the catalogue by their names."""
    assert all((FOLDER / f"{name}.toml").is_file() for name in RUNBOOK_FILES)


def test_a_module_holds_no_vietnamese_sentence() -> None:
    """A sentence in the logic is in one language or in two; the catalogue has the right place.

    A module of the list that holds none any more leaves the list.
    """
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := vietnamese_strings(path))
    }
    folders = tuple(it for it in ALLOWED if it.endswith("/"))
    wrong = {it: lines for it, lines in found.items() if it not in ALLOWED}
    assert {it: at for it, at in wrong.items() if not it.startswith(folders)} == {}, "use hub.texts"
    assert [it for it in ALLOWED if it not in folders and it not in found] == [], "leaves the list"


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

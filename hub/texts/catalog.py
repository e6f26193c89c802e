"""Finds a sentence by its id and fills in its values, in the language of the process or in both.

Nothing is read at import: the first text of a subject reads the file of that subject, so a command
pays only for what it prints. The process has one language, which its entry point sets once from
HUB_LANGUAGE; until then it is Vietnamese. Not promised: plural forms, escaping, or times and
numbers in a local form. The caller hands these over as they are to stand there.
"""

import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

SETTING = "HUB_LANGUAGE"
_FOLDER = Path(__file__).parent
_BETWEEN = " ·\u00a0"
"""Between the languages of a stored text. The last release shows all of it. With the no-break space
it is in no other text, so the languages can be told apart again."""


class Language(StrEnum):
    """The languages of every text."""

    VI = "vi"
    EN = "en"


_chosen = Language.VI


class Text(NamedTuple):
    """A text in both languages; printed it is the one of the process."""

    vi: str
    en: str

    def __str__(self) -> str:
        return self.in_language(_chosen)

    def __rich__(self) -> str:
        return str(self)

    def __contains__(self, part: object) -> bool:
        """Return whether what is printed has a part; a tuple would compare the whole."""
        return isinstance(part, str) and part in str(self)

    def in_language(self, language: Language) -> str:
        """Return the text in one language."""
        return self.vi if language is Language.VI else self.en

    def stored(self) -> str:
        """Return both languages as one string, as a column keeps them; see `read`."""
        return self.vi if self.vi == self.en else f"{self.vi}{_BETWEEN}{self.en}"

    @classmethod
    def read(cls, stored: str) -> "Text":
        """Return what `stored` kept. A string of an older release is the same in both languages."""
        parts = stored.split(_BETWEEN)
        return cls(parts[0], parts[1]) if len(parts) == 2 else cls(stored, stored)


class Explained(Exception):
    """An exception whose words are a text; a subclass says what happened."""

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text


def use_language(language: Language) -> None:
    """Set the language of this process; its entry point does so once."""
    global _chosen
    _chosen = language


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language of an environment; Vietnamese for one that `hub.environment` refuses."""
    value = environment.get(SETTING, "")
    return Language(value) if value in set(Language) else Language.VI


def text(id: str, /, **values: object) -> str:
    """Return a text in the language of the process; `id` is `<file>.<entry>`.

    A value that is itself a `Text` stands there in the same language. KeyError for an unknown id or
    a missing value.
    """
    return _filled(id, _chosen, values)


def both(id: str, /, **values: object) -> Text:
    """Return a text as `text` does, in both languages."""
    return Text(_filled(id, Language.VI, values), _filled(id, Language.EN, values))


def text_in(language: Language, id: str, /, **values: object) -> str:
    """Return a text as `text` does, in a language."""
    return _filled(id, language, values)


def joined(separator: str, texts: Iterable[Text]) -> Text:
    """Return several texts one after another."""
    found = list(texts)
    return Text(separator.join(it.vi for it in found), separator.join(it.en for it in found))


def _filled(id: str, language: Language, values: Mapping[str, object]) -> str:
    if not values:
        return _plain(id, language)
    subject, _, entry = id.partition(".")
    shown = {
        name: value.in_language(language) if isinstance(value, Text) else value
        for name, value in values.items()
    }
    return _entries(subject)[entry][language].format_map(shown)


@cache
def _plain(id: str, language: Language) -> str:
    subject, _, entry = id.partition(".")
    return _entries(subject)[entry][language].format_map({})


@cache
def _entries(subject: str) -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((_FOLDER / f"{subject}.toml").read_text(encoding="utf-8"))

"""The runbook and the README quote the words that the screen shows, each half in its language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.rules.deliveries.states import DeliveryState, state_text
from hub.texts import Language
from tests.support.documents.commands import README, ROOT, block
from tests.support.documents.text_uses import catalogue

RUNBOOK = sorted((ROOT / "docs/runbook").glob("*.md"))
_QUOTED = re.compile(r"“([^”]*)”")
_BLOCK = re.compile(r"\n\n|\n(?=- |\d+\. |#)|\| ")
"""Where a paragraph, an item, a heading or a cell begins."""
EXAMPLES = ("ngoặc kép", "quotation marks")
"""What the sentence that explains the marks has between them."""
_COUNTED = re.compile(r"\b([a-z]+) \d+")


def quoted(text: str) -> Iterator[tuple[Language, str]]:
    """Yield what a page with two halves quotes, with the language of that half."""
    for match in _QUOTED.finditer(text):
        starts = [it.end() for it in _BLOCK.finditer(text, 0, match.start())]
        before = text[starts[-1] if starts else 0 : match.start()].lstrip()
        english = "<br>" in before or " · " in before or re.match(r"\*(?!\*)", before)
        yield Language.EN if english else Language.VI, " ".join(match[1].split())


def texts_in(language: Language) -> list[str]:
    """Return all that the screen may show."""
    return [sentences[language] for sentences in catalogue().values()]


def not_shown(text: str) -> list[str]:
    """Return what a page quotes although the screen in that language does not show it."""
    wrong = []
    for language, words in quoted(text):
        whole = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
        if not any(whole.search(sentence) for sentence in [*texts_in(language), *EXAMPLES]):
            wrong.append(f"{language}: {words}")
    return wrong


@pytest.mark.parametrize("path", RUNBOOK, ids=lambda path: path.name)
def test_a_page_quotes_the_screen_in_the_language_of_its_half(path: Path) -> None:
    """An officer looks for a word that is there, not for its translation."""
    assert not_shown(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "“holds” phải là “có”.",
        "“khớp” phải là “có”.<br>*“khớp” must be “yes”.*",
        "*“khớp” must be “yes”.*",
        "| “no such verdict” · “would send” | x |",
    ],
)
def test_a_planted_word_of_the_other_screen_is_found(planted: str) -> None:
    """The check can fail."""
    assert not_shown(planted) != []


def test_the_runbook_has_every_state_as_the_screen_and_as_the_code() -> None:
    """In the order of the states."""
    page = (ROOT / "docs/runbook/deliveries.md").read_text(encoding="utf-8")
    table = page.partition("<!-- states -->")[2].partition("<!-- /states -->")[0]
    names = [(state, state_text(state)) for state in DeliveryState]
    rows = [f"| “{it.vi}” · “{it.en}” | `{state}` |" for state, it in names]
    assert table.strip().splitlines()[2:] == rows


def test_the_readme_says_what_the_english_screen_shows() -> None:
    """Its ten minutes choose English, and the counts have the names of that screen."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "export HUB_LANGUAGE=en " in block(README, "--drill --empty")
    comments = re.findall(r"^hub verify +# (.*)$", readme, re.MULTILINE)
    counted = [word for line in comments for word in _COUNTED.findall(line)]
    headings = {it["en"] for id, it in catalogue().items() if id.startswith("headings.")}
    assert counted
    assert set(counted) <= headings
    (shown,) = re.findall(r"^hub deliveries attention +# (.*)$", readme, re.MULTILINE)
    parts = ("attention.no_delivery", "attention.no_message")
    assert shown == " ".join(catalogue()[id]["en"] for id in parts)

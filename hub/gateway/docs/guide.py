"""The partner guide: Markdown with examples that stand in files; tests run them as they are shown.

A line `{name}` stands for `examples/name.*`: what to run (`.sh`, `.python`, `.php`), then what
comes out (`.json`, `.xml`, `.txt`). A heading ends with its id, `{#id}`, the same in both
languages.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from hub.gateway.docs.html import Html, element
from hub.gateway.docs.pages import Page, Section, page_text
from hub.texts.catalog import Language

FOLDER = Path(__file__).parent / "guide"
RUN = {"sh": "sh", "python": "python", "php": "php"}
"""Suffixes of what is run, and the language of the block."""
SHOWN = {"json": "json", "xml": "xml", "txt": "text"}
"""Suffixes of what comes out."""
_EXAMPLE = re.compile(r"^\{([a-z0-9-]+)\}$", re.MULTILINE)
_ID = re.compile(r"\s*\{#([a-z0-9-]+)\}$")


def guide(language: Language) -> Page:
    """Return the guide."""
    source = (FOLDER / f"{language}.md").read_text(encoding="utf-8")
    return rendered(_EXAMPLE.sub(_example, source), language)


def rendered(source: str, language: Language) -> Page:
    """Return Markdown as a page; its first heading is the title."""
    markdown = _markdown(language)
    tokens = markdown.parse(source)
    sections = list(_sections(tokens))
    title = tokens[1].content
    body = markdown.renderer.render(tokens[3:], markdown.options, {})
    return Page(title, Html(body), sections)


def _example(found: re.Match[str]) -> str:
    blocks = []
    for suffix, word in (RUN | SHOWN).items():
        path = FOLDER / "examples" / f"{found[1]}.{suffix}"
        if path.is_file():
            blocks.append(f"```{word}\n{path.read_text(encoding='utf-8').rstrip()}\n```")
    if not blocks:
        raise FileNotFoundError(f"no example {found[1]}")
    return "\n\n".join(blocks)


def _sections(tokens: Sequence[Token]) -> Iterator[Section]:
    """Give each heading its id; yield those of the second level."""
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open" or (found := _ID.search(inline.content)) is None:
            continue
        opening.attrSet("id", found[1])
        text = _ID.sub("", inline.content)
        inline.content = text
        if inline.children:
            inline.children[-1].content = _ID.sub("", inline.children[-1].content)
        if opening.tag == "h2":
            yield Section(found[1], text)


def _markdown(language: Language) -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")

    def fence(tokens: Sequence[Token], index: int, *_: Any) -> str:
        token = tokens[index]
        kind = "run" if token.info in RUN.values() else "answer"
        label = page_text("answer" if kind == "answer" else f"run_{token.info}", language)
        inner = element("code", token.content, class_=f"language-{token.info}")
        block = element("pre", inner, class_=kind, tabindex="0", aria_label=label)
        return element("figure", element("figcaption", label), block, class_=kind)

    made.renderer.rules["fence"] = fence  # type: ignore[attr-defined]
    made.add_render_rule("table_open", lambda *_: '<div class="wide" tabindex="0"><table>')
    made.add_render_rule("table_close", lambda *_: "</table></div>")
    return made

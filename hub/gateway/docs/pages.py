"""The frame of every page: head, navigation in two languages, contents, main part."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.gateway.docs.html import Html, element, join, link
from hub.texts import both
from hub.texts.catalog import Language

PREFIX = "/docs"
GUIDE = "guide"
NAMES = (GUIDE, "rest", "soap", "queues", "faults")
"""The pages, in the order of the navigation; the guide is at the address of the language."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a page, for its contents."""

    id: str
    title: str
    is_part: bool = False
    """Of the section before it that is none."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says."""

    title: str
    body: Html
    sections: Sequence[Section] = ()


def page_text(id: str, language: Language) -> str:
    """Return a text of the pages."""
    return both(f"docs.{id}").in_language(language)


def address(language: Language, name: str) -> str:
    """Return the path of a page."""
    return f"{PREFIX}/{language}" + ("" if name == GUIDE else f"/{name}")


def framed(page: Page, *, language: Language, name: str) -> str:
    """Return the whole document of a page."""
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{page.title} · {page_text('hub', language)}"),
        Html(f'<link rel="stylesheet" href="{PREFIX}/style.css">'),
    )
    main = element("main", element("h1", page.title), page.body, id="main")
    body = element(
        "body",
        element("a", page_text("skip", language), href="#main", class_="skip"),
        _top(language, name),
        element("div", _contents(page, language), main, class_="columns"),
    )
    return f"<!doctype html>\n{element('html', head, body, lang=language.value)}\n"


def _top(language: Language, name: str) -> Html:
    items = []
    for other in NAMES:
        text = page_text(f"nav_{other}", language)
        here = {"aria_current": "page"} if other == name else {}
        items.append(element("li", element("a", text, href=address(language, other), **here)))
    switch = [
        element("a", page_text("tongue", each), href=address(each, name), **_tongue(each, language))
        for each in Language
    ]
    return element(
        "header",
        element("nav", element("ul", *items), aria_label=page_text("nav", language)),
        element("p", *switch, class_="languages"),
    )


def _tongue(each: Language, chosen: Language) -> dict[str, str]:
    attributes = {"lang": each.value, "hreflang": each.value}
    return attributes | ({"aria_current": "true"} if each is chosen else {})


def _contents(page: Page, language: Language) -> Html:
    if not page.sections:
        return Html("")
    title = page_text("contents", language)
    items = [
        element("li", link(it.title, f"#{it.id}"), class_="part" if it.is_part else "section")
        for it in page.sections
    ]
    inner = join(element("summary", title), element("ul", *items))
    return element("nav", element("details", inner), class_="contents", aria_label=title)

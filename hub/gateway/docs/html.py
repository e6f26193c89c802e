"""HTML as values: what is no `Html` yet is escaped, so no text can become markup by oversight."""

from html import escape


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(name: str, *inside: str, **attributes: str) -> Html:
    """Return an element; `class_` is the attribute class, an underscore within a name a hyphen."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    return Html(f"<{name}{written}>{join(*inside)}</{name}>")


def join(*parts: str) -> Html:
    """Return the parts one behind the other."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts))


def code(text: str) -> Html:
    """Return a piece of code within a line."""
    return element("code", text)


def marked(text: str) -> Html:
    """Return a text of a contract: what stands in backticks as code, blanks as one."""
    parts = " ".join(text.split()).split("`")
    return join(*(code(part) if nth % 2 else part for nth, part in enumerate(parts)))


def link(text: str, to: str) -> Html:
    """Return a link."""
    return element("a", text, href=to)


def table(head: list[str], rows: list[list[str]]) -> Html:
    """Return a table that scrolls by itself where the page is narrow."""
    top = element("tr", *(element("th", cell, scope="col") for cell in head))
    body = [element("tr", *(element("td", cell) for cell in row)) for row in rows]
    inner = element("table", element("thead", top), element("tbody", *body))
    return element("div", inner, class_="wide", tabindex="0", role="group", aria_label=head[0])

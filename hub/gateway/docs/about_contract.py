"""What a contract file says of itself, as a page shows it.

Contract files speak English. The Vietnamese pages have a text of their own that says the same, in
`about`; descriptions of single fields stay as the contract has them.
"""

from pathlib import Path

from hub.gateway.docs import guide
from hub.gateway.docs.html import Html
from hub.texts.catalog import Language

_FOLDER = Path(__file__).parent / "about"


def about(name: str, english: str, language: Language) -> Html:
    """Return the paragraphs; `english` is Markdown, `name` that of the page."""
    page = english
    if language is Language.VI:
        page = (_FOLDER / f"{name}.md").read_text(encoding="utf-8")
    return guide.rendered(f"# \n\n{page}", language).body

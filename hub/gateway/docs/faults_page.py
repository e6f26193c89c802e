"""The fault codes as a page: what each means, what is to be done, and who does it."""

from hub.gateway.docs.html import code, element, join, marked
from hub.gateway.docs.pages import Page, page_text
from hub.rules.failures import fault_catalog
from hub.texts.catalog import Language


def page(language: Language) -> Page:
    """Return the page."""
    body = [element("p", marked(page_text("faults_lead", language)))]
    for own in fault_catalog.load({}):
        who = element("p", page_text("who", language), ": ", ", ".join(own.who), class_="needed")
        body.append(
            element(
                "section",
                element("h2", code(own.code), id=own.code),
                element("p", element("strong", own.cause[language.value])),
                element("p", marked(own.to_do[language.value])),
                who,
            )
        )
    return Page(page_text("nav_faults", language), join(*body))

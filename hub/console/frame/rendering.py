"""Turns a page into HTML: everything is escaped, a name that is missing is an error.

A template gets the values of its page, the visitor, and these words: `t` (a text of the
catalogue), `moment`, `day`, `age` and `number` for what a person reads, `partner`, `state` and
`fault` for names that the store keeps. Times are shown in the ward's zone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from fastapi import Request
from fastapi.responses import HTMLResponse

from hub.console.frame.sent_form import new_form_id, sent_form_of
from hub.messages import catalog
from hub.messages.partners import named
from hub.operations.type_names import type_text, type_words
from hub.rules.deliveries.states import DeliveryState, state_text
from hub.rules.failures.errors import FAULTS
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.console.happened import Happened
from hub.store.users.sent_forms import SentForm
from hub.texts import Language, Text, both
from hub.web.language import language_of
from hub.web.own_files import OwnFiles
from hub.web.reader import ReaderKeys
from hub.web.templates import duration, make_environment

_CONSOLE = Path(__file__).parents[1]
_TEMPLATES = _CONSOLE / "templates"
OWN_FILES = OwnFiles.read(
    _CONSOLE / "static", "console.css", "console.js", shared=("icon.svg", "wedge.js")
)
NAVIGATION = (
    ("/", "overview"),
    ("/incidents", "incidents"),
    ("/failures", "failures"),
    ("/replays", "replays"),
    ("/comparisons", "comparisons"),
    ("/search", "search"),
    ("/queues", "queues"),
    ("/parked", "parked"),
    ("/devices", "devices"),
    ("/workstations", "workstations"),
    ("/desks", "desks"),
    ("/approvals", "approvals"),
    ("/audit", "audit"),
    ("/accounts", "accounts"),
)
"""The pages in the order of the navigation: path, and text."""
_NEEDED = {"audit": Right.AUDIT, "accounts": Right.USERS, "desks": Right.ACT}
"""The right that a page of the navigation needs, where it is another one than METADATA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedForm:
    """Why a form was not carried out; its page shows the form again with what was typed."""

    why: Text
    path: str
    """Where the form goes to."""
    typed: Mapping[str, str] = field(default_factory=dict)
    happened: Sequence[Happened] = ()
    """What was done to the thing since the person opened the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """What a page shows: its template, its title, and the values by name."""

    template: str
    title: Text
    main: str = ""
    """The template of the part that is kept fresh, "" where nothing is."""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    refusal: RefusedForm | None = None
    thing: Thing = WHOLE
    """What the page is about, as far as rights know it."""
    path: str = ""
    """Where the page stands, if not where its answer came from: that of a form is no page."""


@dataclass(frozen=True, slots=True)
class RequestState:
    """What a whole page has of its request; a part that is kept fresh holds no forms."""

    form_token: str = ""
    sent: SentForm | None = None
    """What came of the form that led to this page."""
    waiting: int = 0
    """Proposals that wait for the visitor's decision."""
    reader: ReaderKeys = field(default_factory=ReaderKeys)


def render(
    request: Request, page: PageView, visitor: Visitor | None, *, now: datetime
) -> HTMLResponse:
    """Return the answer with a whole page."""
    count = getattr(request.app.state, "waiting", None)
    session = RequestState(
        getattr(request.state, "form_token", ""),
        sent_form_of(request),
        count(visitor) if visitor and count else 0,
        getattr(request.app.state, "reader", ReaderKeys()),
    )
    body = fragment(
        language_of(request),
        page,
        visitor,
        now=now,
        path=page.path or _path(request),
        session=session,
    )
    return HTMLResponse(body, status_code=page.status)


def fragment(
    language: Language,
    page: PageView,
    visitor: Visitor | None,
    *,
    now: datetime,
    path: str = "/",
    template: str = "",
    session: RequestState = RequestState(),
) -> str:
    """Return what a template makes of a page; its own where none is named."""
    values = {
        "page": page,
        "visitor": visitor,
        "now": now,
        "path": path,
        "form_token": session.form_token,
        "done_form": session.sent,
        "waiting": session.waiting,
        "refusal": page.refusal,
        "age": partial(_age, language, now),
        "reader": session.reader,
    }
    found = environment(language).get_template(template or page.template)
    return found.render({**values, **page.values})


def _path(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


@cache
def environment(language: Language) -> jinja2.Environment:
    """Return the templates of a language."""
    made = make_environment(_TEMPLATES, language)
    made.globals.update(
        navigation=[(*it, _NEEDED.get(it[1], Right.METADATA)) for it in NAVIGATION],
        address=OWN_FILES.address,
        new_form_id=new_form_id,
    )
    made.filters.update(
        partner=partial(_partner, language),
        state=partial(_state, language),
        fault=partial(_fault, language),
        operation=partial(_operation, language),
        operation_words=partial(_operation_words, language),
        act=partial(_act, language),
        labelled=_is_labelled,
    )
    return made


def _operation(language: Language, name: str) -> str:
    return type_text(name).in_language(language)


def _operation_words(language: Language, name: str) -> str:
    return type_words(name).in_language(language)


def _partner(language: Language, destination: str) -> str:
    if destination == catalog.DEVICES:
        return both("trail.devices").in_language(language)
    return named(destination).title.in_language(language)


def _state(language: Language, state: str) -> str:
    known = state in set(DeliveryState)
    found = state_text(DeliveryState(state)) if known else both(f"console.state_{state}")
    return found.in_language(language)


def _fault(language: Language, code: str) -> str:
    """Return what a code means; "" for one that the dictionary does not have."""
    found = FAULTS.get(code)
    return found.text.in_language(language) if found else ""


def _act(language: Language, action: str) -> str:
    """Return what was done, as the audit names it, in words; the name where there are none."""
    try:
        return both(f"acts.{action.replace('.', '_')}").in_language(language)
    except KeyError:
        return action


def _is_labelled(field: str) -> bool:
    """Tell whether a person typed a field of a form: then it has a label."""
    try:
        both(f"forms.field_{field}")
    except KeyError:
        return False
    return True


def _age(language: Language, now: datetime, since: datetime) -> str:
    """Return how long ago something was."""
    passed = duration(language, max(now - since, timedelta()))
    return both("console.ago", duration=passed).in_language(language)

"""Carries out what a form asks for, and answers it: once, with a reason, by a named person.

Done, it leads to a page that tells the outcome. Refused, its page is shown again as it is now, with
why, with what was done to the thing meanwhile, and with what was typed. An attempt without the
right is audited.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from hub.console.forms import filled
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, RefusedForm, render
from hub.console.frame.sent_form import leading_to
from hub.console.frame.visitor import MayNot, Who, signed_by
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.operations.once import once
from hub.operations.signed_by import SignedBy
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.console.happened import Happened
from hub.store.engine.store import Tx
from hub.store.evidence import audit
from hub.texts import Explained, Text

Act = Callable[[Filled, SignedBy], Text]
"""Does it, and returns what a person reads of the outcome. Raises Explained (nothing was done),
NotHere and MayNot."""


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A form as it came in: its request, who sent it, and its fields."""

    request: Request
    who: Visitor
    fields: Mapping[str, str]


def posted_form(
    request: Request, who: Who, form: Annotated[Mapping[str, str], Depends(fields)]
) -> PostedForm:
    """Return the form of a request. Raises SignInNeeded and OldForm."""
    return PostedForm(request, who, form)


Posted = Annotated[PostedForm, Depends(posted_form)]
"""What a route declares of the form that is sent to it."""


def act(
    posted: PostedForm,
    parts: Parts,
    *,
    do: Act,
    page: Callable[[], PageView],
    leads_to: str,
    happened: Callable[[Tx, datetime], Sequence[Happened]] = lambda _tx, _since: (),
    shown: Callable[[], PageView | None] = lambda: None,
) -> Response:
    """Do what a form asks for and lead to a page of the console; a refused one shows `page`.

    `happened`: what was done to the thing since a moment; `shown`: what is shown instead of that
    page, once, of what this form made. Raises NotHere and MayNot.
    """
    who = posted.who
    try:
        sent = filled.read(posted.fields)
        by = signed_by(who, sent.reason, now=parts.clock())
        once(parts.store, sent.id, user=who.name, clock=parts.clock, act=lambda: do(sent, by))
    except Explained as error:
        meanwhile = _meanwhile(parts, posted.fields, happened)
        return _rendered(
            posted, parts, _refused_page(posted, error, page(), happened=meanwhile), leads_to
        )
    except (MayNot, NotHere):
        _audit_denial(posted, parts)
        raise
    once_shown = shown()
    if once_shown is not None:
        return _rendered(posted, parts, once_shown, leads_to)
    return RedirectResponse(leading_to(leads_to, sent.id), status_code=303)


def view(
    posted: PostedForm,
    parts: Parts,
    *,
    allow: Callable[[Thing, SignedBy], None],
    page: Callable[..., PageView],
    path: str,
) -> Response:
    """Answer with `page(unmasked=True)` once `allow` let the visitor see what it is about.

    `path`: of the page without it. Raises NotHere and MayNot.
    """
    try:
        sent = filled.read(posted.fields)
        by = signed_by(posted.who, sent.reason, now=parts.clock())
        allow(page().thing, by)
        shown = page(unmasked=True)
    except FormRefused as error:
        shown = _refused_page(posted, error, page())
    except (MayNot, NotHere):
        _audit_denial(posted, parts)
        raise
    return _rendered(posted, parts, shown, path)


def show(
    posted: PostedForm,
    parts: Parts,
    *,
    made: Callable[[], PageView],
    page: Callable[[], PageView],
    path: str,
) -> Response:
    """Answer a form that changes nothing with the page that is made of it; refused with `page`.

    Raises NotHere and MayNot.
    """
    try:
        answer = made()
    except Explained as error:
        answer = _refused_page(posted, error, page())
    except (MayNot, NotHere):
        _audit_denial(posted, parts)
        raise
    return _rendered(posted, parts, answer, path)


def _rendered(posted: PostedForm, parts: Parts, page: PageView, path: str) -> Response:
    return render(posted.request, replace(page, path=path), posted.who, now=parts.clock())


def _refused_page(
    posted: PostedForm,
    error: Explained,
    page: PageView,
    *,
    happened: Sequence[Happened] = (),
) -> PageView:
    path = posted.request.url.path
    refusal = RefusedForm(why=error.text, path=path, typed=posted.fields, happened=happened)
    status = 422 if isinstance(error, FormRefused) else 409
    return replace(page, status=status, refusal=refusal)


def _meanwhile(
    parts: Parts,
    form: Mapping[str, str],
    happened: Callable[[Tx, datetime], Sequence[Happened]],
) -> Sequence[Happened]:
    since = filled.moment(form.get(filled.SEEN_AT, ""))
    if since is None:
        return ()
    with parts.store.read() as tx:
        return happened(tx, since)


def _audit_denial(posted: PostedForm, parts: Parts) -> None:
    with parts.store.write() as tx:
        audit.record(
            tx,
            posted.who.actor,
            "console.denied",
            object=posted.request.url.path[:200],
            reason=posted.fields.get(filled.REASON, "")[: filled.LONGEST_REASON],
            allowed=False,
            now=parts.clock(),
        )

"""Carries out what a form asks for, and answers it: once, with a reason, by a named person.

Done, it leads to a page that tells the outcome. Refused, its page is shown again as it is now, with
why, with what was done to the thing meanwhile, and with what was typed. An attempt without the
right is audited.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from hub.console.forms import filled
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, RefusedForm, render
from hub.console.frame.sent_form import leading_to
from hub.console.frame.visitor import MayNot, signed_by
from hub.console.parts import Parts
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


def act(
    request: Request,
    parts: Parts,
    who: Visitor,
    form: Mapping[str, str],
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
    try:
        sent = filled.read(form)
        by = signed_by(who, sent.reason, now=parts.clock())
        once(parts.store, sent.id, user=who.name, clock=parts.clock, act=lambda: do(sent, by))
    except Explained as error:
        meanwhile = _meanwhile(parts, form, happened)
        refused = _refused_page(request, form, error, page(), happened=meanwhile)
        return render(request, replace(refused, path=leads_to), who, now=parts.clock())
    except (MayNot, NotHere):
        _audit_denial(request, parts, who, form)
        raise
    once_shown = shown()
    if once_shown is not None:
        return render(request, replace(once_shown, path=leads_to), who, now=parts.clock())
    return RedirectResponse(leading_to(leads_to, sent.id), status_code=303)


def view(
    request: Request,
    parts: Parts,
    who: Visitor,
    form: Mapping[str, str],
    *,
    allow: Callable[[Thing, SignedBy], None],
    page: Callable[..., PageView],
    path: str,
) -> Response:
    """Answer with `page(unmasked=True)` once `allow` let the visitor see what it is about.

    `path`: of the page without it. Raises NotHere and MayNot.
    """
    try:
        sent = filled.read(form)
        by = signed_by(who, sent.reason, now=parts.clock())
        allow(page().thing, by)
        shown = page(unmasked=True)
    except FormRefused as error:
        shown = _refused_page(request, form, error, page())
    except (MayNot, NotHere):
        _audit_denial(request, parts, who, form)
        raise
    return render(request, replace(shown, path=path), who, now=parts.clock())


def show(
    request: Request,
    parts: Parts,
    who: Visitor,
    form: Mapping[str, str],
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
        answer = _refused_page(request, form, error, page())
    except (MayNot, NotHere):
        _audit_denial(request, parts, who, form)
        raise
    return render(request, replace(answer, path=path), who, now=parts.clock())


def _refused_page(
    request: Request,
    form: Mapping[str, str],
    error: Explained,
    page: PageView,
    *,
    happened: Sequence[Happened] = (),
) -> PageView:
    path = request.url.path
    refusal = RefusedForm(why=error.text, path=path, typed=form, happened=happened)
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


def _audit_denial(request: Request, parts: Parts, who: Visitor, form: Mapping[str, str]) -> None:
    with parts.store.write() as tx:
        audit.record(
            tx,
            who.actor,
            "console.denied",
            object=request.url.path[:200],
            reason=form.get(filled.REASON, "")[: filled.LONGEST_REASON],
            allowed=False,
            now=parts.clock(),
        )

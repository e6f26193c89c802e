"""A task's page: what to look after, and its forms: close it, or say what an unknown code means."""

from functools import partial

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.addresses import number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand
from hub.console.links import delivery, dossier, task
from hub.console.parts import Parts
from hub.operations.closing_tasks import close_task
from hub.operations.deliveries.classify import CodeVerdict, classify
from hub.operations.signed_by import SignedBy
from hub.records.dossiers.numbering import is_dossier_number
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.console.tasks import TaskRow, numbered
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.store.repair.replies import fault_classes
from hub.texts import Text, both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page and its forms."""

    @app.get("/tasks/{number}")
    def page(request: Request, number: int, who: Who) -> Response:
        return render(request, of_task(parts, who, number), who, now=parts.clock())

    @app.post("/tasks/{number}/close")
    def close(number: int, posted: Posted) -> Response:
        who = posted.who

        def do(_sent: Filled, by: SignedBy) -> Text:
            _, about = _seen(parts, who, number)
            demand(who, Right.ACT, about)
            close_task(parts.store, number, by=by)
            return both("forms.task_closed", number=number)

        page_of = partial(of_task, parts, who, number)
        return act(posted, parts, do=do, page=page_of, leads_to=task(number))

    @app.post("/tasks/{number}/classify")
    def classify_code(number: int, posted: Posted) -> Response:
        who = posted.who

        def do(sent: Filled, by: SignedBy) -> Text:
            found, _ = _seen(parts, who, number)
            demand(who, Right.ACT)
            return _classify(parts, found, sent, by)

        page_of = partial(of_task, parts, who, number)
        return act(posted, parts, do=do, page=page_of, leads_to=task(number))


def of_task(parts: Parts, who: Visitor, number: int) -> PageView:
    """Return the page of a task. Raises NotHere."""
    found, about = _seen(parts, who, number)
    is_open = found.closed_at is None
    return PageView(
        template="settling/task.html",
        title=both("forms.task_title", number=number),
        values={
            "it": found,
            "about_dossier": is_dossier_number(found.subject),
            "may_close": is_open and who.may(Right.ACT, about),
            "may_classify": is_open and _is_code(found) and who.may(Right.ACT),
            "verdicts": [str(verdict) for verdict in CodeVerdict],
            "place": task(number),
            "dossier": dossier,
            "delivery": delivery,
        },
    )


def _seen(parts: Parts, who: Visitor, number: int) -> tuple[TaskRow, Thing]:
    with parts.store.read() as tx:
        found = numbered(tx, number_of_address(number))
        about = _thing_of(tx, found) if found else WHOLE
    if found is None or not who.may(Right.METADATA, about):
        raise NotHere
    return found, about


def _thing_of(tx: Tx, found: TaskRow) -> Thing:
    of = dossiers.get(tx, found.subject, lock=False)
    partners = frozenset({found.destination} if found.destination else ())
    return Thing(sector=of.sector if of else "", partners=partners)


def _is_code(found: TaskRow) -> bool:
    return found.kind == fault_classes.KIND


def _classify(parts: Parts, found: TaskRow, sent: Filled, by: SignedBy) -> Text:
    verdict = sent.get("verdict")
    if not _is_code(found):
        raise NotHere
    if verdict not in set(CodeVerdict):
        raise FormRefused(both("forms.choose_verdict"))
    operation, _, code = found.subject.partition(" ")
    moved = classify(
        parts.store, found.destination, code, CodeVerdict(verdict), operation=operation, **by
    )
    return both("forms.classified", code=code, count=moved)

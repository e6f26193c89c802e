"""The form with which a paper of a dossier is printed; what it does is `hub print`."""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled, FormRefused
from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import demand
from hub.console.links import dossier
from hub.console.pages.dossier import of_dossier, seen_by
from hub.console.parts import Parts
from hub.operations.devices.printing import PrintOrder, print_paper
from hub.operations.signed_by import SignedBy
from hub.records.papers.kinds import PaperKind
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor
from hub.texts import Text, both

MOST_COPIES = 20


def install(app: FastAPI, parts: Parts) -> None:
    """Add the route."""

    @app.post("/dossiers/{number:path}/print")
    def print_form(number: str, posted: Posted) -> Response:
        return act(
            posted,
            parts,
            do=lambda sent, by: _print(parts, posted.who, number, sent, by),
            page=partial(of_dossier, parts, posted.who, number),
            leads_to=dossier(number),
        )


def _print(parts: Parts, who: Visitor, number: str, sent: Filled, by: SignedBy) -> Text:
    """Order the paper. Raises Explained, NotHere and MayNot."""
    with parts.store.read() as tx:
        found, thing = seen_by(tx, who, number)
    demand(who, Right.ACT, thing)
    if parts.printing is None:
        raise NotHere
    kind = _kind(sent.get("paper"))
    if kind.is_personal:
        demand(who, Right.UNMASK, thing)
    order = PrintOrder(
        number=found.number,
        kind=kind,
        printer=sent.get("printer"),
        copies=_number(sent, "copies", least=1, most=MOST_COPIES),
        requested_by=by["actor"],
        printed_before=_number(sent, "printed", least=0, most=10**6),
    )
    print_paper(parts.store, parts.printing, order, by=by)
    return both("papers.sent", title=kind.heading, printer=order.printer)


def _kind(value: str) -> PaperKind:
    if value not in set(PaperKind):
        raise FormRefused(both("forms.choose_paper"))
    return PaperKind(value)


def _number(sent: Filled, name: str, *, least: int, most: int) -> int:
    value = sent.get(name)
    if not (value.isascii() and value.isdigit() and least <= int(value[:9]) <= most):
        raise FormRefused(both("forms.choose_copies", most=MOST_COPIES))
    return int(value)

"""Replay plans: all of them, one with its progress, and what a person orders about it."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from hub.console.forms import filled
from hub.console.forms.acting import Posted, act
from hub.console.forms.filled import Filled
from hub.console.frame.addresses import Cursor, number_of_address
from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.sent_form import is_form_id
from hub.console.frame.visitor import Who, demand, demand_some, signed_by
from hub.console.links import delivery, dossier, replay_plan
from hub.console.live import Freshness, FreshPages, add_streams, number_in_path
from hub.console.parts import Parts
from hub.console.repair.selected import acted_on, selection_of
from hub.console.sign_in.forms import Form
from hub.operations.deliveries import replay_orders
from hub.operations.deliveries.replay_orders import STARTS, phase_text, shown_phase
from hub.operations.deliveries.replay_run import outcome_text
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import Selection
from hub.rules.deliveries.states import DeliveryState
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.visitor import Visitor
from hub.store.console import happened, replay_plans
from hub.store.console.replay_plans import ListedPlan
from hub.store.engine.store import Tx
from hub.store.repair.replay_work import ReplayPhase
from hub.store.repair.replays import ReplayFilter
from hub.texts import Text, both

Rank = Annotated[int, Query(ge=-1, lt=2**31)]
LONGEST_PHASE = 20


def install(app: FastAPI, parts: Parts) -> None:
    """Add the pages, the stream of each plan, and the orders."""
    pages = _PlanPages(parts)
    app.add_api_route("/replays", pages.all, methods=["GET"])
    app.add_api_route("/replays", pages.order_plan, methods=["POST"])
    app.add_api_route("/replays/{number}", pages.one, methods=["GET"])
    app.add_api_route("/replays/{number}/{verb}", pages.order, methods=["POST"])
    stream = partial(_stream, FreshPages(parts))
    add_streams(app, "/live/replays/{number}/{phase}", stream, parts=parts)


def _stream(fresh: FreshPages, request: Request) -> Freshness:
    """Return what makes the page of a plan that was opened in a phase."""
    number, phase = number_in_path(request), request.path_params["phase"]
    if len(phase) > LONGEST_PHASE:
        raise NotHere
    return fresh.of((number, phase), partial(plan_page, number=number, opened_in=phase))


class _PlanPages:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def all(self, request: Request, who: Who, before: Cursor = None) -> Response:
        demand_some(who, Right.METADATA)
        with self._parts.store.read() as tx:
            found = replay_plans.newest(tx, before=before)
        more = len(found) == replay_plans.PAGE
        page = PageView(
            template="repair/replays.html",
            title=both("replay_pages.title"),
            values={
                "plans": [it for it in found if who.may(Right.METADATA, thing_of(it.selection))],
                "more": f"/replays?before={found[-1].number}" if more else "",
                "phase": _phase,
                "phase_text": phase_text,
                "replay_plan": replay_plan,
                "selected": selected,
            },
        )
        return render(request, page, who, now=self._parts.clock())

    def one(self, request: Request, who: Who, number: int, after: Rank = -1) -> Response:
        now = self._parts.clock()
        page = plan_page(self._parts, who, now, number=number, after=after)
        return render(request, page, who, now=now)

    def order_plan(self, who: Who, form: Form) -> Response:
        """Order a plan for a selection of dead deliveries; on to its page."""
        wanted = acted_on(who, selection_of(form))
        if wanted.state != DeliveryState.DEAD or wanted.up_to is None:
            raise HTTPException(422)
        by = signed_by(who, form.get(filled.REASON, ""), now=self._parts.clock())
        id = form.get(filled.ID, "")
        if not is_form_id(id):
            raise HTTPException(422)
        number = replay_orders.order_plan(self._parts.store, wanted, form=id, by=by)
        return RedirectResponse(replay_plan(number), status_code=303)

    def order(self, number: int, verb: str, posted: Posted) -> Response:
        """Start, pause, resume or cancel; back to the plan."""
        parts, who = self._parts, posted.who

        def do(sent: Filled, by: SignedBy) -> Text:
            with parts.store.read() as tx:
                found = _seen(tx, who, number)
            if verb not in STARTS:
                raise NotHere
            demand(who, Right.ACT, thing_of(found.selection))
            given = sent.get("per_second")
            pace = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else None
            replay_orders.order(parts.store, number, verb, by=by, per_second=pace)
            return both(f"replay_pages.ordered_{verb}", number=number)

        return act(
            posted,
            parts,
            do=do,
            page=lambda: plan_page(parts, who, parts.clock(), number=number),
            leads_to=replay_plan(number_of_address(number)),
            happened=lambda tx, since: happened.to_replay(tx, number, since=since),
        )


def plan_page(
    parts: Parts,
    who: Visitor,
    now: datetime,
    *,
    number: int,
    opened_in: str = "",
    after: int = -1,
) -> PageView:
    """Return the page of a plan; `opened_in`: the phase then, for its main part. Raises NotHere."""
    del now
    with parts.store.read() as tx:
        found = _seen(tx, who, number)
        counts = replay_plans.counts(tx, number)
        items = replay_plans.items(tx, number, after=after)
    phase = _phase(found)
    more = len(items) == replay_plans.PAGE
    return PageView(
        template="repair/replay.html",
        main="repair/replay_main.html",
        title=both("replay_pages.plan_title", number=number),
        values={
            "it": found,
            "counts": counts,
            "phase": phase,
            "opened_in": opened_in or phase,
            "why": Text.read(found.why or ""),
            "items": items,
            "more": f"{replay_plan(number)}?after={items[-1].rank}" if more else "",
            "verbs": _verbs(phase) if who.may(Right.ACT, thing_of(found.selection)) else [],
            "selection": selected(found.selection),
            **_WORDS,
        },
    )


def thing_of(selection: ReplayFilter) -> Thing:
    """Return what a plan is about, as far as scopes know it."""
    partner = selection.destination
    return Thing(partners=frozenset({partner})) if partner else WHOLE


def selected(selection: ReplayFilter) -> Selection:
    """Return the selection of a plan as pages show it."""
    return Selection(
        state=DeliveryState.DEAD.value,
        partner=selection.destination,
        operation=selection.type,
        fault=selection.fault or selection.code,
        opened_before=selection.until,
        due_before=selection.due_before,
        up_to=selection.up_to,
    )


def verdict_text(verdict: str) -> Text:
    """Return what a plan shows of a delivery, in words."""
    return both(f"replay.verdict_{verdict}")


def detail_of(detail: str) -> Text:
    """Return why a plan shows it."""
    return Text.read(detail)


_WORDS = {
    "fastest": replay_orders.FASTEST,
    "phase_text": phase_text,
    "outcome_text": outcome_text,
    "detail_of": detail_of,
    "verdict_text": verdict_text,
    "delivery": delivery,
    "dossier": dossier,
    "replay_plan": replay_plan,
}


def _seen(tx: Tx, who: Visitor, number: int) -> ListedPlan:
    found = replay_plans.numbered(tx, number_of_address(number))
    if found is None or not who.may(Right.METADATA, thing_of(found.selection)):
        raise NotHere
    return found


def _phase(plan: ListedPlan) -> str:
    return shown_phase(plan.state, plan.work.phase if plan.work else None)


def _verbs(phase: str) -> list[str]:
    known = set(ReplayPhase)
    return [
        verb for verb, starts in STARTS.items() if phase in known and ReplayPhase(phase) in starts
    ]

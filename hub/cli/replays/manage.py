"""`hub replays`: the plans of the console's page, and the same orders about them."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from hub.cli.context import Actor, Reason, by, not_done, opened
from hub.cli.output.answer import done, for_programs, print_line, put, show
from hub.cli.output.listing import listing
from hub.operations.deliveries import replay_orders
from hub.operations.deliveries.replay_orders import OrderRefused, phase_text, shown_phase
from hub.operations.deliveries.replay_run import outcome_text
from hub.rules.users.scope import WHOLE, Thing
from hub.store.console import replay_plans
from hub.store.console.replay_plans import ListedPlan
from hub.store.engine.store import Store
from hub.store.repair.replays import NoSuchPlan
from hub.texts import Text, text

app = typer.Typer()
PLANS = listing("plans", "*plan *state *destination *code deliveries *made_at made_by")
VERDICTS = listing("verdicts", "plan_says because deliveries handled")
ANSWERS = {
    "list": (PLANS,),
    "show": ("plan", "state", "because", "outcomes", VERDICTS),
    "start": ("plan", "state"),
    "pause": ("plan", "state"),
    "resume": ("plan", "state"),
    "cancel": ("plan", "state"),
}
Number = Annotated[int, typer.Argument(help="plan_number")]


@app.command("list")
def list_plans() -> None:
    """List the replay plans, the newest first."""
    with opened() as store, store.read() as tx:
        rows = [
            (
                it.number,
                _shown(_phase(it)),
                it.selection.destination,
                it.selection.fault or it.selection.code,
                it.work.total if it.work else None,
                it.made_at,
                it.made_by,
            )
            for it in replay_plans.newest(tx)
        ]
    show(PLANS, rows, empty=text("replay.no_plans"))


@app.command("show")
def show_plan(number: Number) -> None:
    """Show what a plan would send, what it leaves out and why, and what was done."""
    with opened() as store, store.read() as tx:
        plan = replay_plans.numbered(tx, number)
        counts = replay_plans.counts(tx, number)
    if plan is None:
        raise not_done(text("deliveries.no_plan", number=number))
    why = Text.read(plan.why or "")
    put(plan=number, state=_phase(plan), because=str(why), outcomes=dict(counts.outcomes))
    rows = [
        (
            it.verdict if for_programs() else text(f"replay.verdict_{it.verdict}"),
            str(Text.read(it.detail)),
            it.count,
            it.done,
        )
        for it in counts.verdicts
    ]
    print_line(text("replay.plan_is", plan=number, phase=phase_text(_phase(plan))))
    show(VERDICTS, rows)
    for outcome, count in sorted(counts.outcomes.items()):
        print_line(text("replay.counted", count=count, outcome=outcome_text(outcome)))
    if plan.why:
        print_line(str(why))


@app.command("start")
def start(
    number: Number,
    reason: Reason,
    per_second: Annotated[int, typer.Option(min=1, max=50, help="per_second")] = 5,
    actor: Actor = "",
) -> None:
    """Have the hub carry a plan out."""
    _order(number, "start", reason, actor, per_second=per_second)


@app.command("pause")
def pause(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Pause a plan that runs."""
    _order(number, "pause", reason, actor)


@app.command("resume")
def resume(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Go on with a paused plan."""
    _order(number, "resume", reason, actor)


@app.command("cancel")
def cancel(number: Number, reason: Reason, actor: Actor = "") -> None:
    """Cancel a plan; what was sent stays sent."""
    _order(number, "cancel", reason, actor)


def _order(
    number: int, verb: str, reason: str, actor: str, *, per_second: int | None = None
) -> None:
    who = by(reason, actor, thing_of=_thing_of(number))
    try:
        with opened() as store:
            replay_orders.order(store, number, verb, by=who, per_second=per_second)
            with store.read() as tx:
                plan = replay_plans.numbered(tx, number)
    except (OrderRefused, NoSuchPlan) as error:
        raise not_done(error) from None
    phase = _phase(plan) if plan else ""
    put(plan=number, state=phase)
    done(text("replay.plan_is", plan=number, phase=phase_text(phase)))


def _thing_of(number: int) -> Callable[[Store], Thing]:
    return partial(_thing, number)


def _thing(number: int, store: Store) -> Thing:
    with store.read() as tx:
        plan = replay_plans.numbered(tx, number)
    partner = plan.selection.destination if plan else ""
    return Thing(partners=frozenset({partner})) if partner else WHOLE


def _phase(plan: ListedPlan) -> str:
    return shown_phase(plan.state, plan.work.phase if plan.work else None)


def _shown(phase: str) -> str:
    return phase if for_programs() else str(phase_text(phase))

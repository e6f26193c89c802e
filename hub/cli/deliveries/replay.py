"""`hub deliveries replay`: one dead delivery, or a planned selection of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from hub.bootstrap.devices.printers import make_printers
from hub.bootstrap.partners.call_limits import call_limits_of, counted
from hub.bootstrap.partners.destinations import make_destinations
from hub.cli.approvals import proposing
from hub.cli.context import (
    Actor,
    Day,
    by,
    here,
    known_names,
    not_done,
    of_delivery,
    opened,
    settings,
)
from hub.cli.output.answer import done, for_programs, print_line, put, refuse, show
from hub.cli.output.listing import listing
from hub.cli.output.progress import bar
from hub.messages.partners import BY_SHORT
from hub.operations import known_filters
from hub.operations.deliveries import replay_one, replay_plan
from hub.operations.deliveries.replay_run import (
    NOT_SENT,
    REPLACED,
    SENT,
    SETTLED,
    ReplayReport,
    ReplayRun,
    outcome_text,
)
from hub.operations.signed_by import SignedBy
from hub.ports import Destination
from hub.records.dossiers.handlers import Records
from hub.records.rulebook import Rulebook
from hub.rules.actors import BY_PLAN
from hub.rules.failures.errors import FAULTS
from hub.rules.users.approvals import ApprovalVerb
from hub.runtime.clock import utc_now
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore
from hub.store.repair import replays
from hub.store.repair.replays import NoSuchPlan, ReplayFilter
from hub.store.schema.tables.repair import CANNOT_QUERY
from hub.texts import Text, text

app = typer.Typer()
ITEMS = listing("deliveries", "*delivery *code plan_says because")
ANSWERS = {
    "replay": (
        *("plan", "delivery", "outcome", "because", "outcomes", "delivered", "under_way"),
        *("stopped", ITEMS),
    )
}
_DONE = {SENT: "sent", SETTLED: "had_it", REPLACED: "replaced"}


@app.command()
def replay(
    delivery: Annotated[int | None, typer.Argument(help="delivery")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="plan_replay")] = False,
    run: Annotated[int | None, typer.Option(help="run_plan")] = None,
    reason: Annotated[str, typer.Option(help="reason")] = "",
    destination: Annotated[str, typer.Option(help="only_partner")] = "",
    type: Annotated[str, typer.Option(help="only_type")] = "",
    code: Annotated[str, typer.Option(help="only_code")] = "",
    dossier: Annotated[str, typer.Option(help="only_dossier")] = "",
    since: Day = None,
    until: Day = None,
    unasked: Annotated[bool, typer.Option("--unasked", help="unasked")] = False,
    per_second: Annotated[float, typer.Option(min=0.01, help="per_second")] = 5.0,
    actor: Actor = "",
) -> None:
    """Send dead deliveries again, same message id: one now, or many by --plan and --run."""
    if plan:
        selection = ReplayFilter(
            delivery=delivery,
            destination=BY_SHORT.get(destination, destination),
            type=type,
            code=code,
            dossier=dossier,
            since=here(since),
            until=here(until),
        )
        planned_by = by(reason, actor, automatic=BY_PLAN)
        with opened() as store:
            _plan(store, selection, planned_by)
        return
    if (delivery is None) == (run is None) or not reason:
        refuse(text("decisions.which_deliveries"))
        raise typer.Exit(2)
    who = by(reason, actor, thing_of=None if delivery is None else of_delivery(delivery))
    if delivery is not None:
        _replay_one(delivery, who, unasked=unasked)
    elif run is not None:
        with opened() as store:
            _run(store, run, who, per_second)


def _replay_one(id: int, who: SignedBy, *, unasked: bool) -> None:
    if unasked and proposing.needs_second_person():
        proposing.propose(ApprovalVerb.REPLAY_UNASKED, id, by=who)
        return
    try:
        with opened() as store, _partners(store) as (destinations, files):
            result = replay_one.replay(
                store,
                id,
                destinations,
                file_path=files.path,
                by=who,
                clock=utc_now,
                on_delivered=Records(Rulebook.load()).delivered,
                unasked=unasked,
            )
    except (StateConflict, NoSuchDelivery) as error:
        raise not_done(error) from None
    put(delivery=id, outcome=result.outcome, because=result.detail)
    if result.outcome in _DONE:
        done(text(f"decisions.replay_{_DONE[result.outcome]}"))
        return
    detail = Text.read(str(_because(result.detail)))
    why = ", ".join(filter(None, (_verdict(result.verdict), str(detail))))
    if result.outcome != NOT_SENT:
        why = str(outcome_text(result.outcome))
    elif result.verdict == CANNOT_QUERY and not result.too_soon:
        why = text("decisions.unasked_sends", why=why)
    refuse(text("decisions.not_sent", why=why))
    raise typer.Exit(1)


def _shown(verdict: str) -> str:
    """Return a verdict as a person reads it; for programs it is the same in each language."""
    return verdict.replace("_", " ") if for_programs() else _verdict(verdict)


def _because(detail: str) -> object:
    """Return why a plan says so; a fault code alone gets its sentence."""
    if detail in FAULTS and not for_programs():
        return f"{detail}: {FAULTS[detail].text}"
    return detail


def _verdict(verdict: str) -> str:
    """Return what a plan says of a delivery, in words."""
    return text(f"replay.verdict_{verdict}")


@contextmanager
def _partners(store: Store) -> Iterator[tuple[Sequence[Destination], BlobStore]]:
    """Give the partners that can be queried, and the files, for the length of the block."""
    known = settings()
    destinations = [*make_destinations(known), *make_printers(known, store)]
    try:
        partners = counted(destinations, store, call_limits_of(known), clock=utc_now)
        yield partners, BlobStore(Path(known.data_dir) / "files")
    finally:
        for destination in destinations:
            destination.close()


def _plan(store: Store, selection: ReplayFilter, who: SignedBy) -> None:
    with store.read() as tx, known_names():
        known_filters.check_deliveries(tx, selection)
    with (
        _partners(store) as (destinations, files),
        bar(text("decisions.querying_partners")) as progress,
    ):
        number = replay_plan.make(
            store,
            selection,
            destinations,
            file_path=files.path,
            by=who,
            progress=progress,
        )
    with store.read() as tx:
        items = replays.items_of(tx, number)
    put(plan=number)
    rows = [(it.delivery_id, it.fault, _shown(it.verdict), _because(it.detail)) for it in items]
    show(ITEMS, rows)
    print_line(text("decisions.planned", plan=number, count=len(items)))


def _run(store: Store, number: int, who: SignedBy, per_second: float) -> None:
    run = ReplayRun(
        store,
        number,
        actor=who["actor"],
        reason=who["reason"],
        clock=utc_now,
        on_delivered=Records(Rulebook.load()).delivered,
        per_second=per_second,
    )
    try:
        with bar(text("decisions.plan", plan=number)) as progress:
            report = run.run(progress)
    except (NoSuchPlan, StateConflict) as error:
        raise not_done(error) from None
    except KeyboardInterrupt:
        refuse(text("decisions.plan_broken_off", plan=number))
        raise typer.Exit(130) from None
    _show(report)
    raise typer.Exit(1 if report.stopped else 0)


def _show(report: ReplayReport) -> None:
    put(
        plan=report.plan,
        outcomes=report.outcomes,
        delivered=report.delivered,
        under_way=report.under_way,
        stopped=report.stopped or report.before,
    )
    if report.before:
        print_line(text("decisions.plan_was_run", plan=report.plan, before=report.before))
        return
    for name, count in sorted(report.outcomes.items()):
        print_line(text("replay.counted", count=count, outcome=outcome_text(name)))
    print_line(
        text("decisions.plan_result", delivered=report.delivered, under_way=report.under_way)
    )
    if report.stopped:
        refuse(text("decisions.plan_stopped", why=report.stopped))

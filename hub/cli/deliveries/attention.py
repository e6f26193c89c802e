"""`hub deliveries attention`: everything that waits for a person."""

from collections.abc import Iterable

import typer

from hub.cli.context import opened
from hub.cli.deliveries.paused import PAUSES, mention
from hub.cli.output import words
from hub.cli.output.answer import print_line, show
from hub.cli.output.listing import listing
from hub.cli.partners.unconnected import warn_of_unconnected
from hub.cli.webhooks.failing import FAILING, failing
from hub.rules.failures.errors import FAULTS
from hub.rules.failures.login_remedies import remedy_of
from hub.runtime.clock import utc_now
from hub.store.deliveries import pauses as pausing
from hub.store.engine.store import Tx
from hub.store.monitoring import attention as waiting
from hub.store.repair import deadline_alerts
from hub.store.repair.replies import fault_classes
from hub.store.repair.replies.refused_logins import refused_logins
from hub.texts import text

app = typer.Typer()
DELIVERIES = listing("deliveries", "*delivery *destination *dossier state *code cause")
REFUSED_LOGINS = listing("refused_logins", "*partner *code cause what_to_do *since deliveries")
DUE = listing("due_soon", "*delivery *destination *dossier state *due")
CODES = listing("unknown_codes", "*task *partner *operation_and_code")
PARKED = listing("parked", "*message *type *dossier *code reason")
PAPERS = listing("papers", "*dossier *at_the_town papers wanted *since")
GAPS = listing("gaps", "*dossier *at_the_town applied *missing kept *since")
ANSWERS = {
    "attention": (
        "unconnected",
        DELIVERIES,
        REFUSED_LOGINS,
        DUE,
        CODES,
        PARKED,
        PAPERS,
        GAPS,
        FAILING,
        PAUSES,
    )
}


@app.command()
def attention() -> None:
    """List what waits for a person."""
    with opened() as store, store.read() as tx:
        warn_of_unconnected(tx)
        stuck = [
            (id, destination, dossier, words.state(state), code, words.cause(code, cause))
            for id, destination, dossier, state, code, cause in waiting.stuck(tx)
        ]
        show(DELIVERIES, stuck, empty=text("attention.no_delivery"))
        _show_refused_logins(tx)
        due = deadline_alerts.listing(tx)
        _show_with_advice(
            "due_soon", [(*about, words.state(state), at) for *about, state, at in due]
        )
        _show_with_advice("unknown_codes", fault_classes.listing(tx))
        show(PARKED, waiting.parked(tx), empty=text("attention.no_message"))
        papers = waiting.papers_not_at_town(tx)
        gaps = waiting.gaps(tx)
        paused = pausing.listed(tx, now=utc_now())
        webhooks = failing(tx)
    _show_with_advice(
        "papers", [(it.number, it.child_number, it.count, it.wanted, it.since) for it in papers]
    )
    if any(not it.count for it in papers):
        print_line(text("attention.no_papers_left"))
    _show_with_advice(
        "gaps",
        [(it.number, it.child_number, it.applied, it.missing, it.kept, it.since) for it in gaps],
    )
    show(FAILING, webhooks, title=text("attention.failing_webhooks_title"))
    mention(paused)


def _show_with_advice(name: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Print a listing below its name, and what to do about all of it."""
    listed = list(rows)
    of = {it.name: it for it in (DUE, CODES, PAPERS, GAPS)}[name]
    show(of, listed, title=text(f"attention.{name}_title"))
    if listed:
        print_line(text(f"attention.{name}_advice"))


def _show_refused_logins(tx: Tx) -> None:
    """Name the partners that do not let the hub in, the cause, and what to do."""
    rows = [
        (it.destination, it.code, FAULTS[it.code].text, remedy_of(it.code), it.since, it.count)
        for it in refused_logins(tx, now=utc_now())
    ]
    show(REFUSED_LOGINS, rows, title=text("attention.refused_logins_title"))

"""`hub alerts`: the incidents, who sees to them, and what is not told for a while."""

from typing import Annotated

import typer

from hub.bootstrap.alerts.plan import make_plan
from hub.cli.context import Actor, Reason, by, duration, not_done, opened, settings
from hub.cli.output import words as cli_words
from hub.cli.output.answer import done, print_line, put, show
from hub.cli.output.listing import listing
from hub.operations.alerts import acting, words
from hub.operations.alerts.acting import AlertNotDone
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.notifying import Silence
from hub.rules.alerts.signals import SIGNALS
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime.clock import utc_now
from hub.store.alerts import incidents, messages, silences
from hub.texts import text

app = typer.Typer()
INCIDENTS = listing("incidents", "*incident *severity what *since owner acknowledged_by until")
SILENCES = listing("silences", "*silence *rule *subject *until person reason")
EVENTS = listing("events", "*at what value detail")
MESSAGES = listing("alert_messages", "*at *channel subject sent_at code")
ANSWERS = {
    "list": (INCIDENTS, SILENCES),
    "show": (INCIDENTS, "what_to_do", EVENTS, MESSAGES),
    "ack": ("incident", "until"),
    "silence": ("silence", "until"),
}
Number = Annotated[int, typer.Argument(help="incident")]
For = Annotated[str, typer.Option("--for", help="for_time")]


def _row(it: Incident) -> tuple[object, ...]:
    taken = it.is_acknowledged(utc_now())
    return (
        it.number,
        it.severity.value,
        words.what(it),
        it.started_at,
        cli_words.owner(SIGNALS[it.signal].owner),
        it.acknowledged_by if taken else "",
        it.ended_at or (it.acknowledged_until if taken else None),
    )


@app.command("list")
def list_incidents(
    ended: Annotated[bool, typer.Option("--ended", help="ended_too")] = False,
) -> None:
    """List the open incidents, the worst first, and what is silenced."""
    with opened() as store, store.read() as tx:
        found = incidents.listing(tx)
        if ended:
            found += incidents.listing(tx, ended=True)
        silent = silences.holding(tx, now=utc_now())
    show(INCIDENTS, map(_row, found), empty=text("alerts.none"))
    rows = [(it.number, it.rule, it.subject, it.until, it.made_by, it.reason) for it in silent]
    show(SILENCES, rows)


@app.command("show")
def show_incident(number: Number) -> None:
    """Show one incident: what to do, what happened, what was told."""
    with opened() as store, store.read() as tx:
        it = incidents.get(tx, number)
        happened = incidents.events_of(tx, number)
        sent = messages.of_incident(tx, number, since=it.first_seen_at) if it else []
    if it is None:
        raise not_done(text("alerts.not_found", number=number))
    show(INCIDENTS, [_row(it)])
    put(what_to_do=words.to_do(it))
    print_line(text("alerts.to_do", to_do=words.to_do(it)))
    rows = [
        (
            one.at,
            text(f"alerts.event_{one.what}"),
            words.value_of(it.signal, one.value),
            one.detail,
        )
        for one in happened
    ]
    show(EVENTS, rows)
    show(MESSAGES, [(m.made_at, m.channel, m.subject, m.sent_at, m.code) for m in sent])


@app.command("ack")
def acknowledge(
    number: Number,
    reason: Reason,
    for_: For = "4h",
    instead_of: Annotated[str, typer.Option("--instead-of", help="instead_of")] = "",
    actor: Actor = "",
) -> None:
    """Say that you see to an incident: no reminders and no escalation for a while."""
    until = duration("--for", for_)
    who = by(reason, actor)
    try:
        with opened() as store:
            found = acting.acknowledge(
                store, number, until=who["now"] + until, by=who, instead_of=instead_of
            )
    except AlertNotDone as error:
        raise not_done(error.text) from None
    put(incident=number, until=found.acknowledged_until)
    done(text("decisions.done"))


@app.command("silence")
def silence(
    rule: Annotated[str, typer.Argument(help="alert_rule")],
    reason: Reason,
    subject: Annotated[str, typer.Option("--subject", help="alert_subject")] = "*",
    for_: For = "2h",
    end: Annotated[bool, typer.Option("--end", help="end_silence")] = False,
    actor: Actor = "",
) -> None:
    """Tell nothing of a rule for a while; its incidents are kept all the same."""
    until = duration("--for", for_)
    who = by(reason, actor)
    try:
        names = [it.name for it in make_plan(settings()).rules]
        with opened() as store:
            if end:
                number = int(rule) if rule.isascii() and rule.isdigit() else 0
                acting.end_silence(store, number, by=who)
                put(silence=number, until=who["now"])
            else:
                wanted = Silence(rule=rule, subject=subject, until=who["now"] + until)
                number = acting.silence(store, wanted, rules=names, by=who)
                put(silence=number, until=wanted.until)
    except (AlertNotDone, TomlFileWrong) as error:
        raise not_done(error.text) from None
    done(text("decisions.done"))

"""`hub edge status`: what this workstation still has to send, and for how long its room lasts."""

from datetime import UTC, datetime

import typer

from hub.cli.edge.place import Directory, enrolled, opened_spool
from hub.cli.output.answer import print_line, put
from hub.edge.numbers import ReservedNumbers, ward_day
from hub.edge.printing.jobs import PrintJobs
from hub.edge.spool.spool import Spool
from hub.messages.local_time import LOCAL
from hub.texts import text

app = typer.Typer()
ANSWERS = {
    "status": (
        "agent",
        "waiting",
        "refused",
        "oldest_since",
        "used_bytes",
        "budget_bytes",
        "numbers",
        "papers",
    )
}


@app.command("status")
def status(directory: Directory = None) -> None:
    """Tell how the spool is; ends with code 1 where a person has something to do."""
    place, credential = enrolled(directory)
    with opened_spool(place, credential) as spool:
        healthy = _show(spool, credential.agent)
    raise typer.Exit(0 if healthy else 1)


def _show(spool: Spool, agent: str) -> bool:
    state = spool.state()
    now = datetime.now(UTC)
    numbers = ReservedNumbers(spool.database).left(ward_day(now))
    papers = len(PrintJobs(spool.database).open_ids())
    oldest = None if state.oldest is None else datetime.fromtimestamp(state.oldest, LOCAL)
    put(
        agent=agent,
        waiting=state.waiting,
        refused=state.refused,
        oldest_since=oldest,
        used_bytes=state.room.used,
        budget_bytes=state.room.budget,
        numbers=numbers,
        papers=papers,
    )
    print_line(
        text(
            "edge.status",
            agent=agent,
            waiting=state.waiting,
            used=state.room.used // 2**20,
            budget=state.room.budget // 2**20,
            numbers=numbers,
        )
    )
    if papers:
        print_line(text("edge.papers", count=papers))
    if oldest is not None:
        print_line(text("edge.oldest", at=f"{oldest:%d/%m %H:%M}"))
    for row in spool.database.all(
        "SELECT device, sequence, refusal FROM events WHERE refusal <> ''"
    ):
        print_line(text("edge.refused_event", device=row[0], sequence=row[1], why=row[2]))
    if state.room.is_nearly_full:
        print_line(text("edge.nearly_full"))
    return not (state.refused or state.room.is_nearly_full)

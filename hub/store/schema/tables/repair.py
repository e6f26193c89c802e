"""The tables of what persons repair: replay plans, tasks, groups of failures and notes on them."""

import sqlalchemy as sa

from hub.rules.owners import OWNERS
from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, InTwoLanguages, metadata, one_of

MADE, RUNNING, FINISHED, STOPPED = "made", "running", "finished", "stopped"
WOULD_SEND, ALREADY_THERE, SUPERSEDED = "would_send", "already_there", "superseded"
ORDER_CONFLICT, FILE_GONE, CANNOT_QUERY = "order_conflict", "file_gone", "cannot_ask"
VERDICTS = (WOULD_SEND, ALREADY_THERE, SUPERSEDED, ORDER_CONFLICT, FILE_GONE, CANNOT_QUERY)

replay_plans = sa.Table(
    "replay_plans",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("selection", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("run_at", Instant),
    sa.Column("ended_at", Instant),
    sa.Column("why", sa.Text),
    sa.CheckConstraint(one_of("state", (MADE, RUNNING, FINISHED, STOPPED)), name="state"),
    sqlite_autoincrement=True,
    comment="Selections of dead deliveries, frozen, and whether they were replayed",
)

replay_items = sa.Table(
    "replay_items",
    metadata,
    sa.Column("plan", Big, sa.ForeignKey("replay_plans.number"), primary_key=True),
    sa.Column("delivery_id", Big, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("fault", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("response_hash", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("done_at", Instant),
    sa.CheckConstraint(one_of("verdict", VERDICTS), name="verdict"),
    comment="What a replay plan saw of each delivery, and what was done with it",
)
# A page of items is read by their ranks, however many a plan has.
sa.Index("ix_replay_items_rank", replay_items.c.plan, replay_items.c.rank)
# Who deletes a delivery has the database look for items that refer to it.
sa.Index("ix_replay_items_delivery_id", replay_items.c.delivery_id)

PLANNING, READY, PAUSED, CANCELLED, OVER = "planning", "ready", "paused", "cancelled", "over"
PHASES = (PLANNING, READY, RUNNING, PAUSED, CANCELLED, OVER)

replay_work = sa.Table(
    "replay_work",
    metadata,
    sa.Column("plan", Big, sa.ForeignKey("replay_plans.number"), primary_key=True),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("examined", sa.Integer, nullable=False),
    sa.Column("per_second", sa.Float(53), nullable=False, server_default="5"),
    sa.Column("run_by", sa.Text, nullable=False),
    sa.Column("run_reason", sa.Text, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", Instant),
    sa.Column("form", sa.Text),
    sa.CheckConstraint(one_of("phase", PHASES), name="phase"),
    comment="Where the work on a replay plan is, who does it, and until when that is believed",
)
sa.Index("ix_replay_work_form", replay_work.c.form, unique=True)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("detail", InTwoLanguages, nullable=False),
    sa.Column("repair", InTwoLanguages, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("due_at", Instant),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.Text),
    sa.Column("closed_why", sa.Text),
    sa.Column("delivery_id", Big),
    sa.Column("list_day", sa.Text),
    sa.CheckConstraint(one_of("owner", OWNERS), name="owner"),
    sqlite_autoincrement=True,
    comment="What a person has to look after: with an owner, a due time and a proposed repair",
)
_IS_OPEN = sa.text("closed_at IS NULL")
partial_index(
    "ix_tasks_open",
    tasks.c.kind,
    tasks.c.subject,
    tasks.c.destination,
    unique=True,
    where=_IS_OPEN,
)
_OF_A_DELIVERY = sa.text("delivery_id IS NOT NULL")
partial_index(
    "ix_tasks_delivery",
    tasks.c.kind,
    tasks.c.delivery_id,
    unique=True,
    where=_OF_A_DELIVERY,
)
sa.Index("ix_tasks_about", tasks.c.kind, tasks.c.destination, tasks.c.subject)
_OF_A_LIST = sa.text("list_day IS NOT NULL")
partial_index(
    "ix_tasks_list",
    tasks.c.destination,
    tasks.c.list_day,
    where=_OF_A_LIST,
)
sa.Index("ix_tasks_subject", tasks.c.subject)

failure_samples = sa.Table(
    "failure_samples",
    metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("at", Instant, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    comment="How many deliveries of a group of failures waited for a person, each five minutes",
)
sa.Index("ix_failure_samples_at", failure_samples.c.at)

selection_notes = sa.Table(
    "selection_notes",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("selection", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("assignee", sa.Text),
    sa.Column("form", sa.Text, nullable=False),
    sqlite_autoincrement=True,
    comment="What persons wrote about selections of deliveries, and to whom they assigned them",
)
sa.Index("ix_selection_notes_selection", selection_notes.c.selection, selection_notes.c.number)
sa.Index("ix_selection_notes_form", selection_notes.c.form, unique=True)
ASSIGNS = sa.text("assignee IS NOT NULL")
"""Word for word in every question about assignments, see `exchange.UNHANDLED`."""
partial_index("ix_selection_notes_assigns", selection_notes.c.number, where=ASSIGNS)

WANTED, DONE = "wanted", "done"

comparisons = sa.Table(
    "comparisons",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("partner", sa.Text, nullable=False),
    sa.Column("by_list", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("examined", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("result", sa.Text),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", Instant),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("dossiers", sa.Integer),
    sa.Column("differences", sa.Integer),
    sa.CheckConstraint(one_of("state", (WANTED, DONE)), name="state"),
    sa.CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="done_has_result"),
    sqlite_autoincrement=True,
    comment="Comparisons that persons ordered on the console, and the differences that they found",
)
sa.Index("ix_comparisons_form", comparisons.c.form, unique=True)

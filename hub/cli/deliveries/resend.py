"""`hub deliveries resend`: a corrected copy in the place of a dead delivery."""

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.approvals import proposing
from hub.cli.context import Actor, Delivery, by, not_done, of_delivery, opened
from hub.cli.output.answer import done, print_line, put, refuse, show
from hub.cli.output.listing import listing
from hub.messages.invalid import InvalidMessage
from hub.operations.deliveries import resend as resending
from hub.operations.users.command_line import are_needed
from hub.rules.failures.errors import FAULTS
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.rights import Right
from hub.runtime.clock import utc_now
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.texts import text

app = typer.Typer()
CHANGES = listing("changes", "*field before after")
ANSWERS = {"resend": ("delivery", "new_delivery", "approval", "written", CHANGES)}


@app.command()
def resend(
    delivery: Delivery,
    file: Annotated[Path, typer.Option("--file", help="payload_file")],
    reason: Annotated[str, typer.Option(help="reason_to_send")] = "",
    write: Annotated[bool, typer.Option("--write", help="write_payload")] = False,
    actor: Actor = "",
) -> None:
    """Send a corrected copy in the place of a dead delivery; shows what differs first."""
    put(delivery=delivery, new_delivery=None, written=None)
    with opened() as store:
        try:
            if write:
                _write(store, delivery, file, reason, actor)
            else:
                _resend(store, delivery, file, reason, actor)
        except (StateConflict, NoSuchDelivery) as error:
            raise not_done(error) from None
        except InvalidMessage as error:
            broken = FAULTS[error.code].text
            why = text("decisions.correction_invalid", cause=broken, detail=error)
            raise not_done(why) from None
        except OSError as error:
            why = text("decisions.file_unusable", file=file, why=error.strerror)
            raise not_done(why) from None


def _write(store: Store, delivery: int, file: Path, reason: str, actor: str) -> None:
    """Write the payload, which holds personal data: once there are accounts by right and reason."""
    if not reason and are_needed(store):
        refuse(text("decisions.write_needs_reason"))
        raise typer.Exit(2)
    content = resending.payload_of(store, delivery)
    who = None
    if reason:
        who = by(reason, actor, right=Right.UNMASK, thing_of=of_delivery(delivery))
    file.touch(mode=0o600, exist_ok=False)
    if who is not None:
        resending.record_unmasked(store, delivery, by=who)  # before anybody can read it
    file.write_bytes(content)
    put(written=file)
    print_line(text("decisions.payload_written", file=file))


def _resend(store: Store, delivery: int, file: Path, reason: str, actor: str) -> None:
    who = by(reason, actor, thing_of=of_delivery(delivery)) if reason else None
    correction = resending.correct(store, delivery, file.read_bytes(), now=utc_now())
    show(CHANGES, [(it.field, it.before, it.after) for it in correction.changes])
    if who is None:
        print_line(text("decisions.resend_needs_reason"))
        return
    if proposing.needs_second_person():
        proposing.propose(ApprovalVerb.RESEND, delivery, terms=file.read_bytes(), by=who)
        return
    number = resending.resend(store, correction, by=who)
    put(new_delivery=number)
    done(text("decisions.resent", new=number, old=delivery))

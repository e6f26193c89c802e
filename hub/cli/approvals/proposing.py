"""Once there are accounts: a command that edits, discards or overrides proposes it instead."""

import typer

from hub.cli.acting import acting
from hub.cli.context import not_done, opened
from hub.cli.output.answer import done, put, refuse
from hub.messages.invalid import InvalidMessage
from hub.operations import parked_messages
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.operations.signed_by import SignedBy
from hub.rules.users.approvals import ApprovalVerb
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import transitions
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.users import accounts
from hub.texts import text


def needs_second_person() -> bool:
    """Return whether the command acts as an account, whose key was checked."""
    return bool(acting()[0])


def person(store: Store) -> Visitor:
    """Return the person of `--as`; ends the command with code 2 where none acts."""
    with store.read() as tx:
        account = accounts.named(tx, acting()[0])
    if account is None:
        refuse(text("users.key_needed"))
        raise typer.Exit(2)
    return account.user.visitor


def propose(verb: ApprovalVerb, delivery: int, *, terms: bytes = b"", by: SignedBy) -> None:
    """Propose an act on a delivery as it is now, and print the proposal's number."""
    put(delivery=delivery)
    try:
        with opened() as store:
            with store.read() as tx:
                state, _, _ = transitions.place_of(tx, delivery, lock=False)
            number = deciding.propose(
                store,
                verb,
                delivery,
                expected=state.value,
                terms=terms,
                who=person(store),
                by=by,
            )
    except (StateConflict, NoSuchDelivery, InvalidMessage, ProposalNotDone) as error:
        raise not_done(error) from None
    put(approval=number)
    done(text("approvals.proposed", number=number))


def propose_discard_parked(chosen: parked_messages.Chosen, *, by: SignedBy) -> None:
    """Propose to discard parked messages as they are now, and print the proposal's number."""
    try:
        with opened() as store:
            found, refused = parked_messages.preview(store, chosen, to_discard=True)
            for id, why in refused.items():
                refuse(text("decisions.not_done", why=f"{id}: {why}"))
            if not found:
                refuse(text("decisions.no_such_messages"))
                raise typer.Exit(1)
            expected = {it.id: it.code for it in found}
            number = discarding.propose_discard_parked(store, expected, who=person(store), by=by)
    except ProposalNotDone as error:
        raise not_done(error) from None
    put(count=len(expected), approval=number)
    done(text("approvals.proposed", number=number))

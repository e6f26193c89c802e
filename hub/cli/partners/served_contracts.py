"""What `hub partners` prints of the contracts that the partners serve themselves."""

from collections.abc import Iterator
from typing import Any

from hub.cli.context import opened
from hub.cli.output.answer import print_line, put
from hub.cli.output.listing import shown
from hub.cli.unavailable import explain
from hub.ports import FetchOutcome
from hub.store.repair.replies import contracts
from hub.store.repair.replies.contracts import KeptContract
from hub.texts import text


def show(partner: str) -> None:
    """Print when the contract of a partner was fetched last, or that nothing can be known."""
    try:
        with opened() as store, store.read() as tx:
            kept = contracts.of_partner(tx, partner)
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        # The profile was shown; that the store is not there is no reason to fail.
        put(contract=None)
        print_line(text("partner_commands.contract", about=refusal.sentence))
        return
    put(contract=as_json(kept))
    for line in lines(kept):
        print_line(line)


def lines(kept: KeptContract | None) -> Iterator[str]:
    """Yield what is known of a contract."""
    if kept is None or kept.asked_at is None:
        yield text("partner_commands.contract_not_fetched")
        return
    yield text("partner_commands.contract", about=kept.address)
    if kept.outcome != FetchOutcome.SERVED:
        outcome = text(f"partner_commands.outcome_{FetchOutcome(kept.outcome).value}")
        about = {"at": shown(kept.asked_at), "outcome": outcome, "why": kept.why or "–"}
        yield text("partner_commands.contract_asked", **about)
    if kept.fetched_at is None or kept.since is None:
        return
    yield text(
        "partner_commands.contract_fetched",
        at=shown(kept.fetched_at),
        since=shown(kept.since),
        fingerprint=kept.fingerprint[:12],
    )
    if kept.outcome == FetchOutcome.SERVED and kept.why:
        yield text("partner_commands.schemas_not_served", names=kept.why)
    if kept.differs:
        yield text("partner_commands.contract_differs", count=kept.differs)
    else:
        yield text("partner_commands.contract_is_ours")


def as_json(kept: KeptContract | None) -> dict[str, Any] | None:
    """Return what is known of a contract, without its content."""
    if kept is None or kept.asked_at is None:
        return None
    return {
        "outcome": kept.outcome,
        "why": kept.why,
        "address": kept.address,
        "fingerprint": kept.fingerprint,
        "differs_from_schemas": kept.differs,
        **{name: getattr(kept, name) for name in ("asked_at", "fetched_at", "since", "next_at")},
    }

"""An operator beside a running hub, for tests: dead deliveries, plans, and what became of them."""

from datetime import timedelta

import sqlalchemy as sa

from hub.messages.envelope import Message
from hub.operations.deliveries import replay_plan
from hub.operations.deliveries.replay_run import ReplayReport, ReplayRun
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.messages.blobs import BlobStore
from hub.store.repair import replays
from hub.store.repair.replays import ReplayFilter, ReplayItem
from hub.store.schema.tables.exchange import audit as audit_table
from tests.support.partners.partner import REFUSES, Partner
from tests.support.works import Works, now


class Desk:
    """An operator beside a running hub: makes plans and runs them."""

    def __init__(self, works: Works[Partner], files: BlobStore) -> None:
        self.works, self.files = works, files
        self.pauses: list[float] = []

    def die(self, *messages: Message) -> None:
        """Say messages that the partner refuses one by one; wait until each head is dead."""
        lanes = len({message.key for message in messages})
        self.works.partner.goes_wrong(*[REFUSES] * lanes)
        self.works.emit(*messages)
        self.works.wait(lambda states: states.get(S.DEAD) == lanes)

    def plan(self, **selection: object) -> tuple[int, list[ReplayItem]]:
        """Make a plan; return its number and items."""
        store, found = self.works.store, ReplayFilter(**selection)  # type: ignore[arg-type]
        number = replay_plan.make(
            store, found, [self.works.partner], file_path=self.files.path, by=by("look")
        )
        with store.read() as tx:
            return number, replays.items_of(tx, number)

    def verdicts(self, **selection: object) -> list[str]:
        """Make a plan; return what it says of each delivery."""
        return [item.verdict for item in self.plan(**selection)[1]]

    def run(self, number: int) -> ReplayReport:
        """Carry a plan out."""
        return ReplayRun(
            self.works.store,
            number,
            actor="officer",
            reason="fixed there",
            clock=now,
            on_delivered=lambda *_: None,
            per_second=2000.0,
            patience=timedelta(seconds=20),
            on_commit=self.works.committed,
            pause=self.pause,
        ).run()

    def pause(self, seconds: float) -> None:
        """Wait for the next settlement instead of the time."""
        self.pauses.append(seconds)
        self.works.settled.clear()
        self.works.settled.wait(min(seconds, 0.05))

    def actions(self) -> list[tuple[str, str]]:
        """Return (action, object) of every audit row; the chain must be whole."""
        with self.works.store.read() as tx:
            assert audit.verify(tx)[1] == []
            rows = tx.execute(sa.select(audit_table).order_by(audit_table.c.seq)).all()
        return [(row.action, row.object) for row in rows]


def by(reason: str) -> SignedBy:
    """Return who acts."""
    return {"actor": "officer", "reason": reason, "now": now()}


def dead_one(store: Store) -> int:
    """Return the number of the one dead delivery."""
    with store.read() as tx:
        (found,) = replays.select(tx, ReplayFilter())
    return found.id

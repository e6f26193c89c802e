"""Operators of a story: they settle what is left to a person, on a list that may be old.

They say what the partner's clerk told them, who sees the ledger as it is now: an effect that is
still under way nobody sees. They act twice, late, and on what has moved meanwhile.
"""

import random
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from hub.messages.envelope import decode_stored
from hub.operations.deliveries import actions, cancellation
from hub.operations.deliveries.actions import Resolution
from hub.operations.deliveries.cancellation import Papers
from hub.operations.signed_by import SignedBy
from hub.records.dossiers import inter_level
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries.transitions import NoSuchDelivery, StateConflict
from hub.store.engine.store import Store
from hub.store.messages import journal
from hub.texts import both
from tests.simulation.actors.actor import Actor, Doubts, signed
from tests.simulation.actors.counter import Note
from tests.simulation.partners.protocol import Partner
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.chance import Chance
from tests.simulation.world.process import Process

S = DeliveryState
LEFT_TO_PERSONS = frozenset({S.DEAD, S.AMBIGUOUS})
_Listed = tuple[int, str, str, str, int | None]
_COLUMNS = "SELECT id, message_id, destination, state, doubtful_since FROM deliveries"
_CALLED = sa.text("SELECT 1 FROM attempts WHERE delivery_id = :id AND id > :calls LIMIT 1")
_ONE = sa.text(f"{_COLUMNS} WHERE id = :id")
_LEFT = (
    f"{_COLUMNS} WHERE settled_at IS NULL AND "
    "state <> 'sending' ORDER BY state IN ('dead', 'ambiguous') DESC, id LIMIT 40"
)


VERBS: Mapping[str, Callable[[Store, int, SignedBy], object]] = {
    "replay": lambda store, id, by: actions.replay(store, id, **by),
    "cancel": lambda store, id, by: cancellation.cancel(store, id, papers=Papers.BACK, **by),
    "cancel and drop": lambda store, id, by: cancellation.cancel(
        store, id, papers=Papers.DROP, **by
    ),
    "by hand": lambda store, id, by: actions.deliver_by_hand(store, id, **by),
    # the same act; the name says for the report what the partner had
    "delivered by hand": lambda store, id, by: actions.deliver_by_hand(store, id, **by),
    "delivered": lambda store, id, by: actions.resolve(store, id, Resolution.DELIVERED, **by),
    "absent": lambda store, id, by: actions.resolve(store, id, Resolution.ABSENT, **by),
}


class Operators(Actor):
    """All who settle deliveries by hand."""

    name = "operators"

    @property
    def share(self) -> float:
        """They like the worst moment: while a partner's answer would mislead them."""
        if self._hurried > 0 or any(it.is_misleading for it in self.partners.values()):
            return 0.5
        return 0.05

    def __init__(self, partners: list[Partner], chance: Chance, note: Note) -> None:
        self.partners = {partner.name: partner for partner in partners}
        self.chance = chance
        self.note = note
        self.settled: dict[int, str] = {}
        """Deliveries that a person settled, with how."""
        self._list: list[_Listed] = []
        self._calls = 0
        self._deliveries = 0
        """The last call to a partner, and the last delivery, that the last old copy knew."""
        self._hurried = 0
        """How often they still act in a hurry after that, without a look at a partner's screen."""
        self._draw = chance.stream("operators")
        self._doubts = Doubts(chance, self._draw)

    def old_copy(self, calls: int, deliveries: int) -> None:
        """Forget lists and numbers of deliveries: the database that was put back gives them anew.

        `calls`, `deliveries`: the last call to a partner, and the last delivery, that it knows.
        """
        self._list.clear()
        self.settled.clear()
        self._calls, self._deliveries, self._hurried = calls, deliveries, 20

    def look(self, process: Process) -> int:
        """Read the list anew."""
        with process.store.read() as tx:
            self._list = [tuple(row) for row in tx.exec_driver_sql(_LEFT)]
        return 0

    def act(self, process: Process) -> int:
        """Settle one of the list, as it was when it was read."""
        if not self._list or self._draw.random() < 0.3:
            self.look(process)
        if not self._list:
            return 0
        chosen = self._choose()
        id, message_id, destination, state, since = chosen
        if S(state) not in LEFT_TO_PERSONS and self._draw.random() < 0.8:
            return 0  # seldom does anybody touch what goes on by itself
        if not self._doubts.waited(id, since, elapsed=process.time.elapsed):
            return 0
        if self._doubts.hub_clock_was_wrong and not self._is_still(process, chosen):
            return 0
        partner = self.partners[destination]
        self._hurried -= 1
        if self._is_unknown(chosen) and self._gives_papers_uncalled(process, chosen):
            return self._give_back(process, id)
        verb = self._verb(S(state), partner, message_id)
        if partner.is_at_work_on(message_id):
            self.chance.met[f"verb {verb} while an effect is under way"] += 1
        self._do(process, verb, id)
        if not process.dead and self.chance.strikes("clicked twice", 0.2):
            self._do(process, verb, id)
        return 1

    def _choose(self) -> _Listed:
        worst = [row for row in self._list if self._is_worst(row)]
        return self._draw.choice(worst or self._list)

    def _is_worst(self, listed: _Listed) -> bool:
        """Tell whether the hub may be misled, or knows less than its partner has."""
        return self.partners[listed[2]].misleads(listed[1]) or self._is_unknown(listed)

    def _is_unknown(self, listed: _Listed) -> bool:
        """Tell whether a partner may have it by a call that only the lost database knew."""
        id, message_id, destination, state, _ = listed
        stands_still = state in (S.HELD, S.DEAD) and id <= self._deliveries
        return self._hurried > 0 and stands_still and self.partners[destination].has(message_id)

    def _gives_papers_uncalled(self, process: Process, listed: _Listed) -> bool:
        """Tell whether it is as listed, gives papers, and was not called since the copy."""
        if not self._is_still(process, listed):
            return False
        with process.store.read() as tx:
            if tx.execute(_CALLED, {"id": listed[0], "calls": self._calls}).first():
                return False
            return inter_level.gives_papers(decode_stored(journal.body_of(tx, listed[0])))

    def _give_back(self, process: Process, id: int) -> int:
        """Say without a look that the town does not have the papers; the hub must refuse it."""
        by = signed(process, "Trần Thị Bình", "nothing came to them")
        try:
            cancellation.cancel(process.store, id, papers=Papers.BACK, **by)
        except StateConflict as refused:
            self.note("operator", f"papers of {id} back: refused")
            if f"{refused}" == f"{both('deliveries.papers_before_restore', id=id)}":
                self.chance.met["papers before a restore"] += 1
            return 1
        raise Broken(Promise.PAPERS_ONCE, f"the town has the papers of {id}")

    def _is_still(self, process: Process, listed: _Listed) -> bool:
        """Read the delivery once more; tell whether it is as the list has it."""
        with process.store.read() as tx:
            return tx.execute(_ONE, {"id": listed[0]}).one_or_none() == listed

    def _verb(self, state: S, partner: Partner, message_id: str) -> str:
        there = partner.has(message_id)
        if state is S.DEAD:
            again = self._draw.choice(("replay", "replay", _cancel(self._draw)))
            return "delivered by hand" if there else again
        if state is not S.AMBIGUOUS:
            return _cancel(self._draw) if self._draw.random() < 0.5 else "by hand"
        if there:
            return "delivered"
        return self._draw.choice(("absent", "absent", "by hand", _cancel(self._draw)))

    def _do(self, process: Process, verb: str, id: int) -> None:
        by = signed(process, "Trần Thị Bình", "looked at their screen")
        try:
            VERBS[verb](process.store, id, by)
        except (StateConflict, NoSuchDelivery):
            self.note("operator", f"{verb} of {id}: refused, it has moved")
            self.chance.met[f"verb {verb} refused"] += 1
            return
        process.changes.orders += 1
        self.settled[id] = verb
        self.chance.met[f"verb {verb}"] += 1
        self.note("operator", f"{verb} of {id}")


def _cancel(draw: random.Random) -> str:
    return "cancel and drop" if draw.random() < 0.3 else "cancel"

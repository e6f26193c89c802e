"""Persons with accounts: one proposes what needs a second person, another one decides.

They know what operators know. They also decide what is their own, or what they may not, come
too late, and click twice: each is to be refused, or to do nothing.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.messages.invalid import InvalidMessage
from hub.operations.approvals import deciding, discarding
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.operations.deliveries import resend
from hub.operations.deliveries.cancellation import Papers
from hub.operations.signed_by import SignedBy
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.rights import UserRole
from hub.rules.users.visitor import Visitor
from hub.texts import Explained
from tests.simulation.actors.actor import (
    Actor,
    Doubts,
    NothingToDo,
    one_of,
    require_absent,
    signed,
)
from tests.simulation.actors.supervisors import PARKED, corrected
from tests.simulation.database.backend import InMemory
from tests.simulation.promises.promise import Broken, Promise
from tests.simulation.world.process import Process
from tests.support.users import add_user

if TYPE_CHECKING:
    from tests.simulation.story import Story

PERSONS = {
    "an": UserRole.OPERATOR,
    "binh": UserRole.HEAD,
    "chi": UserRole.DEPUTY,
    "dung": UserRole.TOWN_IT,
}
"""The first proposes and may not approve, the last may do neither."""
SOME_DAYS = 3.5 * 24 * 3600.0
VERBS = {
    "propose cancel": 2,
    "propose absent": 3,
    "propose resend": 1,
    "propose replay": 2,
    "propose discard": 1,
    "approve": 6,
    "approve own": 1,
    "approve without right": 1,
    "refuse": 1,
    "withdraw": 1,
}
"""By name, with how often one is drawn beside another."""
REFUSALS = ("approve own", "approve without right")
_OF_STATE = (
    "SELECT id, message_id, destination, state, doubtful_since FROM deliveries "
    "WHERE settled_at IS NULL AND state IN ({}) ORDER BY id"
)
_NEED_TWO = ("delivery.cancel", "delivery.resend", "message.drop")
"""How the audit begins the names of acts that nobody may do alone."""
_ACTS = (*_NEED_TWO, "delivery.replay")
"""What approvals carry out; a replay after a question needs one person only."""
_AUDIT = "SELECT action, reason FROM audit ORDER BY seq"
_DECIDED = "SELECT number FROM approvals WHERE state = 'done' AND approver <> proposer"
_APPROVAL = re.compile(r"\(approval (\d+) by ")
_OF_DELIVERY = (
    "SELECT state, CASE WHEN state IN ('dead', 'ambiguous') THEN attempts END, code "
    "FROM deliveries WHERE id = :id"
)
"""How often it was sent counts where it stands still: what waits is sent again by itself."""
_OF_MESSAGE = "SELECT state, code FROM journal WHERE id = :id"
_OPEN = "SELECT number, proposer FROM approvals WHERE state = 'open' ORDER BY number"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a proposal is about, as its proposer saw it."""

    query: str = field(repr=False)
    id: int | str
    situation: list[Any]


class Approvers(Actor):
    """All who have an account."""

    name = "approvers"
    share = 0.06

    def __init__(self, stage: "Story") -> None:
        self.stage = stage
        self.chance = stage.chance
        self.partners = {partner.name: partner for partner in stage.partners}
        self._draw: random.Random = stage.chance.stream("approvers")
        self._seen: dict[int, Seen] = {}
        """By number of the proposal, the latest where an old copy of the database gave it again."""
        self._doubts = Doubts(stage.chance, self._draw)
        now = stage.time.now()
        self.persons = {
            name: add_user(stage.store, name, role=role, now=now).visitor
            for name, role in PERSONS.items()
        }

    def act(self, process: Process) -> int:
        """Propose or decide one thing."""
        (verb,) = self._draw.choices(tuple(VERBS), tuple(VERBS.values()))
        try:
            what = self._do(process, verb)
        except NothingToDo:
            return 0
        except (Explained, InvalidMessage) as refused:
            self._say(f"{verb} refused", f"{verb}: refused, {type(refused).__name__}")
        else:
            if verb in REFUSALS:
                raise Broken(Promise.TWO_PERSONS, f"{what} was decided: {verb}")
            process.changes.orders += 1
            self._say(verb, f"{verb} {what}")
        return 1

    def happen(self) -> None:
        """Let days pass now and then, while proposals wait."""
        if self.chance.strikes("days pass", 0.0015):
            self.stage.note("story", "days pass")
            self.stage.leap(SOME_DAYS)

    def end(self) -> None:
        """Require of each act that needs two persons a decision of two, and of each decision one
        act; count what became of proposals."""
        with self.stage.store.read() as tx:
            decided = set(tx.exec_driver_sql(_DECIDED).scalars())
            done: Counter[int] = Counter()
            for action, reason in tx.exec_driver_sql(_AUDIT):
                found = _APPROVAL.search(reason)
                if found and action.startswith(_ACTS):
                    done[int(found[1])] += 1
                elif action.startswith(_NEED_TWO):
                    raise Broken(Promise.TWO_PERSONS, f"no two persons decided: {reason}")
            if done != Counter(decided):
                what = f"{sorted(decided)} were approved, {sorted(done.elements())} carried out"
                raise Broken(Promise.TWO_PERSONS, what)
            rows = tx.exec_driver_sql("SELECT state, count(*) FROM approvals GROUP BY state")
            for state, count in rows.all():
                self.chance.met[f"approval {state}"] += count

    def _do(self, process: Process, verb: str) -> str:
        if verb.startswith("propose"):
            return self._propose(process, verb)
        number, proposer = one_of(self._draw, process, _OPEN)
        approvers = [name for name in ("binh", "chi") if name != proposer]
        who = {
            "approve own": proposer,
            "withdraw": proposer,
            "approve without right": "dung",
        }.get(verb) or self._draw.choice(approvers)
        by = self._signed(process, self.persons[who])
        decide: Callable[..., Any] = {"refuse": deciding.refuse, "withdraw": deciding.withdraw}.get(
            verb, deciding.approve
        )
        seen = self._seen.get(number)  # None where the process ended as it was proposed
        before = seen and self._look(seen.query, seen.id)
        known = decide(process.store, number, who=self.persons[who], by=by)
        if known.state is ApprovalState.DONE:
            self._require_same(number, seen, before)
        if self.chance.strikes("clicked twice", 0.1):
            with suppress(Explained):
                decide(process.store, number, who=self.persons[who], by=by)
                raise Broken(Promise.TWO_PERSONS, f"{number} was decided twice")
        if known.state is ApprovalState.STALE:
            self.chance.met["verb approve stale"] += 1
        return f"{number} as {who}: {known.state}"

    def _propose(self, process: Process, verb: str) -> str:
        who = self.persons[self._draw.choice(("an", "an", "binh"))]
        by = self._signed(process, who)
        if verb == "propose discard":
            id, code = one_of(self._draw, process, PARKED)
            seen = self._look(_OF_MESSAGE, id)
            number = discarding.propose_discard_parked(process.store, {id: code}, who=who, by=by)
            self._seen[number] = seen
            return f"of {id[-4:]} as {number}"
        act, states, terms = _PROPOSED[verb]
        id, state = self._delivery(process, states)
        if act is ApprovalVerb.RESEND:
            payload = corrected(json.loads(resend.payload_of(process.store, id)))
            terms = json.dumps(payload).encode()
        seen = self._look(_OF_DELIVERY, id)
        number = deciding.propose(
            process.store, act, id, expected=state, terms=terms, who=who, by=by
        )
        self._seen[number] = seen
        return f"of {id} as {number}"

    def _look(self, query: str, id: int | str) -> Seen:
        rows = self.stage.observer.rows(query, id=id)
        return Seen(query, id, [tuple(row) for row in rows])

    def _require_same(self, number: int, seen: Seen | None, before: Seen | None) -> None:
        """Require that what was done was about what the proposer saw.

        Where transactions interleave, it may have gone on and come back between look and act.
        """
        if before != seen and isinstance(self.stage.backend, InMemory):
            what = f"approval {number} was given for {seen}, and carried out on {before}"
            raise Broken(Promise.TWO_PERSONS, what)

    def _delivery(self, process: Process, states: Sequence[str]) -> tuple[int, str]:
        """Return a delivery in one of the states of which its partner has nothing."""
        listed = ", ".join(f"'{state}'" for state in states)
        query = _OF_STATE.format(listed)
        id, message_id, destination, state, since = one_of(self._draw, process, query)
        if not self._doubts.waited(id, since, elapsed=process.time.elapsed):
            raise NothingToDo
        require_absent(self.partners[destination], message_id)
        return id, state

    def _signed(self, process: Process, who: Visitor) -> SignedBy:
        return signed(process, who.actor, "looked at their screen")

    def _say(self, met: str, what: str) -> None:
        self.chance.met[f"verb {met}"] += 1
        self.stage.note("approver", what)


_BACK = of_cancel(CancelTerms(papers=Papers.BACK))
_PROPOSED: dict[str, tuple[ApprovalVerb, tuple[str, ...], bytes]] = {
    "propose cancel": (ApprovalVerb.CANCEL, ("dead", "waiting", "held", "pending"), _BACK),
    "propose absent": (ApprovalVerb.CANCEL_ABSENT, ("ambiguous",), _BACK),
    "propose resend": (ApprovalVerb.RESEND, ("dead",), b""),
    "propose replay": (ApprovalVerb.REPLAY_UNASKED, ("dead",), b""),
}
"""Of each its act, the states in which it is proposed, and its terms."""

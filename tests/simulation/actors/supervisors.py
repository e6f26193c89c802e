"""Supervisors of a story: they decide for many deliveries at once, and on what is left over.

They pause a partner and let it go on, say what an unknown code means, order replay plans and stop
them half-way, send a corrected copy, send at once what waits, and take parked messages up again.
They know what operators know, and as often too late.
"""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from hub.messages.invalid import InvalidMessage
from hub.operations import parked_messages
from hub.operations.deliveries import actions, classify, pausing, replay_one, replay_orders, resend
from hub.operations.deliveries.classify import CodeVerdict
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import Selection
from hub.texts import Explained
from tests.simulation.actors.actor import (
    Actor,
    NothingToDo,
    one_of,
    require_absent,
    signed,
)
from tests.simulation.actors.counter import Note
from tests.simulation.partners.protocol import Partner
from tests.simulation.world.chance import Chance
from tests.simulation.world.process import Process

PARKED = (
    "SELECT id, code FROM journal WHERE state = 'parked' AND code <> 'message_dropped' ORDER BY id"
)

REPLAYABLE = (
    "SELECT id, message_id, destination FROM deliveries "
    "WHERE state IN ('dead', 'waiting') ORDER BY id"
)


class Supervisors(Actor):
    """All who decide for many."""

    name = "supervisors"

    def __init__(self, partners: list[Partner], chance: Chance, note: Note) -> None:
        self.partners = {partner.name: partner for partner in partners}
        self.chance = chance
        self.note = note
        self._draw = chance.stream("supervisors")
        self._forms = 0
        self._next = ""

    @property
    def share(self) -> float:
        """Soon again where there is more to do, or a partner's answer would mislead."""
        return 0.3 if self._next or self._is_worst() else 0.03

    def act(self, process: Process) -> int:
        """Do one thing."""
        name, self._next = self._next or self._draw_verb(), ""
        verb = VERBS[name]
        by = signed(process, "Phạm Văn Trưởng", "after a call with them")
        try:
            what = verb.act(self, process, name, by)
        except NothingToDo:
            return 0
        except (Explained, InvalidMessage):
            if verb.follows_another and self._draw.random() < 0.5:
                self._next = name  # the plan may not be there yet
            self.note("supervisor", f"{name}: refused")
            self.chance.met[f"verb {name} refused"] += 1
            return 1
        process.changes.orders += 1
        if verb.next and self._draw.random() < 0.7:
            self._next = verb.next
        self.chance.met[f"verb {name}"] += 1
        self.note("supervisor", f"{name} {what}")
        return 1

    def _draw_verb(self) -> str:
        if self._is_worst() and self._draw.random() < 0.5:
            return "replay one"
        if self._draw.random() < 0.3:
            return "plan"  # most have nothing dead to find, and an order needs one
        return self._draw.choice(tuple(VERBS))

    def _is_worst(self) -> bool:
        return any(partner.is_misleading for partner in self.partners.values())

    def _pause(self, process: Process, verb: str, by: SignedBy) -> str:
        partner = self._partner()
        operation = self._draw.choice((pausing.ALL, *pausing.operations_of(partner)))
        until = by["now"] + timedelta(seconds=self._draw.choice((20, 200, 1500)))
        since = pausing.since(process.store, partner, operation, now=by["now"])
        drains = verb == "drain"
        pausing.pause(
            process.store, partner, operation, until=until, expected=since, drains=drains, by=by
        )
        return f"{partner} {operation or 'all'}"

    def _go_on(self, process: Process, _verb: str, by: SignedBy) -> str:
        query = "SELECT destination, operation FROM person_pauses ORDER BY destination, operation"
        partner, operation = one_of(self._draw, process, query)
        since = pausing.since(process.store, partner, operation, now=by["now"])
        if since is None:
            raise NothingToDo
        pausing.resume(process.store, partner, operation, expected=since, by=by)
        return f"{partner} {operation or 'all'}"

    def _classify(self, process: Process, _verb: str, by: SignedBy) -> str:
        partner = self._partner()
        verdict = self._draw.choice((CodeVerdict.TRANSIENT, CodeVerdict.PERMANENT))
        code = self.partners[partner].unknown_code
        moved = classify.classify(process.store, partner, code, verdict, **by)
        return f"{code} of {partner} as {verdict}: {moved}"

    def _plan(self, process: Process, _verb: str, by: SignedBy) -> str:
        self._wait_by_own_watch()
        one_of(self._draw, process, "SELECT id FROM deliveries WHERE state = 'dead' ORDER BY id")
        self._forms += 1
        chosen = Selection(state="dead", partner=self._partner())
        number = replay_orders.order_plan(process.store, chosen, form=f"f{self._forms}", by=by)
        return str(number)

    def _order(self, process: Process, verb: str, by: SignedBy) -> str:
        self._wait_by_own_watch()
        (number,) = one_of(self._draw, process, "SELECT plan FROM replay_work ORDER BY plan")
        replay_orders.order(process.store, number, VERBS[verb].order, by=by)
        return str(number)

    @property
    def _hub_clock_was_wrong(self) -> bool:
        """Whether a clock of the hub was set wrong: by it a look-up may count too soon."""
        return bool(self.chance.met["fault clock set"])

    def _wait_by_own_watch(self) -> None:
        """Raise NothingToDo where only a watch tells that a look-up counts too soon."""
        if self._hub_clock_was_wrong and self._is_worst():
            raise NothingToDo

    def _resend(self, process: Process, _verb: str, by: SignedBy) -> str:
        query = (
            "SELECT id, destination, message_id FROM deliveries WHERE state = 'dead' ORDER BY id"
        )
        id, destination, message_id = one_of(self._draw, process, query)
        require_absent(self.partners[destination], message_id)
        payload = corrected(json.loads(resend.payload_of(process.store, id)))
        correction = resend.correct(process.store, id, json.dumps(payload).encode(), now=by["now"])
        return f"{id} as {resend.resend(process.store, correction, by=by)}"

    def _send_now(self, process: Process, _verb: str, by: SignedBy) -> str:
        query = "SELECT id FROM deliveries WHERE state = 'waiting' ORDER BY id"
        (id,) = one_of(self._draw, process, query)
        actions.send_now(process.store, id, by=by)
        return str(id)

    def _retry_parked(self, process: Process, verb: str, by: SignedBy) -> str:
        id, code = one_of(self._draw, process, PARKED)
        if verb == "retry parked":
            parked_messages.retry(process.store, [id], by=by)
        else:
            parked_messages.retry_one(process.store, id, code, by=by)
        return str(id)

    def _discard_parked(self, process: Process, _verb: str, by: SignedBy) -> str:
        id, code = one_of(self._draw, process, PARKED)
        parked_messages.discard(process.store, [id], by=by)
        return f"{id}, {code}"

    def _replay_one(self, process: Process, _verb: str, by: SignedBy) -> str:
        """Replay one as the console does: its partner is asked before."""
        id = self._one_to_replay(process)
        parts = process.replays.parts
        done = replay_one.replay(
            process.store,
            id,
            parts.destinations,
            file_path=parts.file_path,
            by=by,
            clock=process.clock,
            on_delivered=parts.on_delivered,
        )
        return f"{id}: {done.verdict}, {done.outcome}"

    def _one_to_replay(self, process: Process) -> int:
        with process.store.read() as tx:
            rows = [tuple(row) for row in tx.exec_driver_sql(REPLAYABLE)]
        worst = [row for row in rows if self.partners[row[2]].misleads(row[1])]
        if self._hub_clock_was_wrong:
            rows, worst = [row for row in rows if row not in worst], []
        if not rows:
            raise NothingToDo
        return int(self._draw.choice(worst or rows)[0])

    def _partner(self) -> str:
        return self._draw.choice(sorted(self.partners))


def corrected(payload: dict[str, object]) -> dict[str, object]:
    """Return a payload with a name or a text changed; raises NothingToDo where it has none."""
    for name, value in payload.items():
        if isinstance(value, str) and " " in value:
            return {**payload, name: f"{value} (sửa)"}
    raise NothingToDo


class Verb(NamedTuple):
    """What a supervisor may do."""

    act: Callable[[Supervisors, Process, str, SignedBy], str]
    next: str = ""
    """What one often does next: to a plan at once, before its work has ended."""
    order: str = ""
    """What is ordered of a replay plan."""
    follows_another: bool = False


VERBS: Mapping[str, Verb] = {
    "pause": Verb(Supervisors._pause),
    "drain": Verb(Supervisors._pause),
    "go on": Verb(Supervisors._go_on),
    "classify": Verb(Supervisors._classify),
    "plan": Verb(Supervisors._plan, next="start plan"),
    "start plan": Verb(Supervisors._order, next="pause plan", order="start", follows_another=True),
    "pause plan": Verb(Supervisors._order, next="resume plan", order="pause", follows_another=True),
    "resume plan": Verb(Supervisors._order, order="resume", follows_another=True),
    "cancel plan": Verb(Supervisors._order, order="cancel"),
    "resend corrected": Verb(Supervisors._resend),
    "send now": Verb(Supervisors._send_now),
    "retry parked": Verb(Supervisors._retry_parked),
    "retry one parked": Verb(Supervisors._retry_parked),
    "discard parked": Verb(Supervisors._discard_parked),
    "replay one": Verb(Supervisors._replay_one),
}
"""By name; the order decides what a seed draws."""

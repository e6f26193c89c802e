"""Classify an unknown reply code: once, for all that wait with it and for all to come."""

from datetime import datetime
from enum import StrEnum

from hub.operations.deliveries.actions import by_person
from hub.rules.deliveries.states import DeliveryState
from hub.rules.failures.errors import is_certain, kept_code
from hub.store.deliveries import transitions
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.repair import tasks
from hub.store.repair.replies import fault_classes
from hub.texts import Explained, both


class NotClassified(Explained):
    """A code that cannot be given a meaning; the words say why, and what to do."""


class CodeVerdict(StrEnum):
    """What an unknown code means."""

    TRANSIENT = "transient"
    """Certainly no effect; to be sent again."""
    PERMANENT = "permanent"
    """Certainly no effect, and it never will have one."""
    DELIVERED = "delivered"
    """The partner has the effect."""


def classify(
    store: Store,
    partner: str,
    code: str,
    verdict: CodeVerdict,
    *,
    operation: str = fault_classes.ANY,
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """Give a partner's code its meaning; return how many waiting deliveries moved by it.

    `code` is the code as it is kept, or as the partner writes it: what its people say it means.
    Raises NotClassified for a code that the partner never replied with (to that operation), and for
    one that may stand for several.
    """
    with store.write() as tx:
        code = _known_as(tx, partner, operation, code)
        fault_classes.decide(tx, partner, operation, code, verdict=verdict, now=now)
        tasks.close_all(
            tx, fault_classes.NEEDLESS, actor=actor, reason=f"classified {verdict}", now=now
        )
        waiting = fault_classes.waiting(tx, partner, operation, code)
        for id, _ in waiting:
            _move(tx, id, code, verdict, now)
        if verdict is CodeVerdict.DELIVERED:
            transitions.release_followers(tx, partner, {lane for _, lane in waiting}, now)
        for id, lane in waiting:
            by_person(tx, id, partner, lane, f"classify.{verdict}", now)
        what = "/".join(filter(None, (partner, operation, code)))
        audit.record(tx, actor, f"fault.classify.{verdict}", object=what, reason=reason, now=now)
    return len(waiting)


def _move(tx: Tx, id: int, code: str, verdict: CodeVerdict, now: datetime) -> None:
    """Do with a delivery what the meaning of the reply to it demands."""
    from_state, detail = DeliveryState.AMBIGUOUS, f"their code {code}, classified {verdict}"
    match verdict:
        case CodeVerdict.TRANSIENT:
            transitions.wait(
                tx,
                id,
                from_state=from_state,
                when=now,
                code="partner_busy",
                detail=detail,
                partner_code=code,
            )
        case CodeVerdict.PERMANENT:
            transitions.kill(
                tx,
                id,
                from_state=from_state,
                code="partner_refused",
                detail=detail,
                partner_code=code,
            )
        case CodeVerdict.DELIVERED:
            transitions.deliver(tx, [(id, "")], now=now, from_state=from_state)


def _known_as(tx: Tx, partner: str, operation: str, code: str) -> str:
    """Return a code that the partner replied with, as it is kept. Raises NotClassified."""
    if not is_certain(code):
        raise NotClassified(both("deliveries.code_masked", code=code))
    for kept in (code, kept_code(code)):
        if fault_classes.is_known(tx, partner, operation, kept):
            return kept
    wanted = f"{code} ({operation})" if operation else code
    raise NotClassified(both("deliveries.code_never_seen", partner=partner, code=wanted))

"""Classify an unknown reply code: once, for all that wait with it and for all to come."""

from datetime import datetime
from enum import StrEnum

from hub.operations.verbs import by_person
from hub.rules.states import DeliveryState
from hub.store import audit, deliveries, fault_classes
from hub.store.engine import Store


class Verdict(StrEnum):
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
    verdict: Verdict,
    *,
    operation: str = fault_classes.ANY,
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """Give a partner's code its meaning; return how many waiting deliveries moved by it."""
    since, detail = DeliveryState.AMBIGUOUS, f"their code {code}, classified {verdict}"
    with store.write() as tx:
        fault_classes.decide(tx, partner, operation, code, verdict=verdict, now=now)
        fault_classes.close_needless(tx, actor=actor, reason=f"classified {verdict}", now=now)
        waiting = fault_classes.waiting(tx, partner, operation, code)
        for id, _ in waiting:
            match verdict:
                case Verdict.TRANSIENT:
                    deliveries.wait(
                        tx, id, since=since, when=now, code="partner_busy", detail=detail
                    )
                case Verdict.PERMANENT:
                    deliveries.kill(tx, id, since=since, code="partner_refused", detail=detail)
                case Verdict.DELIVERED:
                    deliveries.deliver(tx, [(id, "")], now=now, since=since)
        if verdict is Verdict.DELIVERED:
            deliveries.release_followers(tx, partner, {lane for _, lane in waiting}, now)
        for id, lane in waiting:
            by_person(tx, id, partner, lane, f"classify.{verdict}", now)
        what = "/".join(filter(None, (partner, operation, code)))
        audit.record(tx, actor, f"fault.classify.{verdict}", object=what, reason=reason, now=now)
    return len(waiting)

"""What the counter's pages are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from fastapi import Request

from hub.exchange.intake.accept import Intake
from hub.ports import Clock
from hub.records.rulebook import Rulebook
from hub.rules.counter import plan as counter_plan
from hub.rules.counter.plan import CounterPlan
from hub.store.engine.store import Store
from hub.web.reader import ReaderKeys


def peer_of(request: Request) -> str:
    """Return the address of the other end of the line."""
    return request.client.host if request.client else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterParts:
    """Handed to every page of the counter."""

    store: Store
    clock: Clock
    intake: Intake
    """Takes the survey's slips, as any other message."""
    rules: Rulebook
    agency: str = ""
    """The ward's code: a person need not type it before a dossier number."""
    plan: CounterPlan = field(default_factory=counter_plan.packaged)
    reader: ReaderKeys = field(default_factory=ReaderKeys)
    idle: timedelta = timedelta(seconds=45)
    """After that long without a touch a kiosk shows its first page again."""
    address_of: Callable[[Request], str] = peer_of

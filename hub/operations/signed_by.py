"""Who acts, why and when: what every decision takes along into its audit row."""

from datetime import datetime
from typing import TypedDict


class SignedBy(TypedDict):
    """Who acts (see `hub.rules.actors`), why and when."""

    actor: str
    reason: str
    now: datetime

"""What a person decides, and what a comparison finds. Each decision leaves an audit row.

`deliveries`: one delivery (`actions`, `cancellation`, `resend`, `replay_one`), many dead ones at
once (`replay_plan`, `replay_run`), a partner's unknown code (`classify`). `parked_messages`: parked
messages. `restore`: an old copy of the database. `comparison`: ward, hub and partner each day
(`daily`), and lists that were exported at the partners (`lists`). `watchers`: what the timer
checks. `contracts`, `drift`, `archive`, `clients`: as their names say.
"""

from hub.operations.deliveries.actions import (
    Resolution,
    deliver_by_hand,
    replay,
    resolve,
)
from hub.operations.deliveries.cancellation import Papers, cancel
from hub.operations.signed_by import SignedBy

__all__ = ["Papers", "Resolution", "SignedBy", "cancel", "deliver_by_hand", "replay", "resolve"]

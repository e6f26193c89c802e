"""What a person decides, and what a comparison finds. Each decision leaves an audit row.

The single verbs are in `verbs`, taking out in `cancelling`, many dead deliveries at once in
`replay_plan` and `replay_run`, one of them in `replay_one`, a corrected copy in `resending`, parked
messages in `unparking`, an old copy of the database in `restoring`, the daily comparison of ward,
hub and partner in `reconciliation`, that with lists exported at the partners in
`list_reconciliation` (reading in `partner_list`, what is refused in `list_checks`, the rule in
`list_comparison`).
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

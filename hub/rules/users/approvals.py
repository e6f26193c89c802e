"""Acts that need a second person, and in which state a proposal of one is. Pure."""

from datetime import timedelta
from enum import StrEnum

from hub.texts import Text, both

LASTS = timedelta(days=3)
"""How long a proposal waits for the second person."""


class ApprovalState(StrEnum):
    """Where a proposal is; all but `open` are final."""

    OPEN = "open"
    DONE = "done"
    """A second person approved, and the act was done in the same moment."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """The proposer took it back."""
    STALE = "stale"
    """What it was about had changed when the second person approved; nothing was done."""
    EXPIRED = "expired"

    @property
    def text(self) -> Text:
        """What a person reads of it."""
        return both(f"approvals.state_{self.value}")


class ApprovalVerb(StrEnum):
    """What needs two persons: edit, discard, override."""

    RESEND = "delivery.resend"
    """Send a corrected copy in the place of a dead delivery."""
    CANCEL = "delivery.cancel"
    """Take a delivery out of its lane."""
    CANCEL_ABSENT = "delivery.cancel.absent"
    """Take an ambiguous delivery out of its lane, because the partner does not have it."""
    REPLAY_UNASKED = "delivery.replay.unasked"
    """Send a dead delivery again without asking the partner first."""
    DISCARD_PARKED = "message.drop"
    """Discard parked messages for good. Stores keep the former word for it."""
    DISCARD_AT_BROKER = "broker.discard"
    """Take a message out of `hub.dead` or `hub.invalid` for good."""

    @property
    def text(self) -> Text:
        """What a person reads of it."""
        return both(f"approvals.verb_{self.value.replace('.', '_')}")

"""What the code of a channel's failure means, and what to do about it.

Codes of calls over HTTP are those of all calls (`hub/rules/failures/fault_codes.py`).
"""

from enum import StrEnum

from hub.ports.alerts import ChannelFailed
from hub.rules.failures.fault_codes import FAULTS
from hub.texts import Text, both


class Outcome(StrEnum):
    """What became of one attempt."""

    SENT = "sent"
    REFUSED = "refused"
    """Nothing was taken, or not by all; also where nobody was reached."""
    UNKNOWN = "unknown"
    """It may have been taken."""


def outcome_of(failure: ChannelFailed | None) -> Outcome:
    """Return what became of an attempt; None: the channel took the message."""
    if failure is None:
        return Outcome.SENT
    return Outcome.UNKNOWN if failure.is_unknown else Outcome.REFUSED


def cause_of(failure: ChannelFailed) -> Text:
    """Return why a channel did not take a message, with the technical detail."""
    known = FAULTS.get(failure.code)
    words = known.text if known else both(f"channel_faults.{failure.code}")
    if not failure.detail:
        return words
    return Text(*(f"{it} ({failure.detail})" for it in words))


def to_do_about(failure: ChannelFailed) -> Text:
    """Return what a person does about it."""
    known = FAULTS.get(failure.code)
    return known.to_do if known else both(f"channel_faults.{failure.code}_to_do")

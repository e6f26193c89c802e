"""What tests of alerts share."""

from datetime import datetime


def never(_at: datetime) -> bool:
    """Be a calendar without a day off."""
    return False

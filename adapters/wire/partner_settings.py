"""What every partner's settings hold: how patient the hub is with it, and its profile."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.wire.http import Limits
from adapters.wire.profile import Profile
from hub.rules.deliveries.likeness import TimeTextResolution


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSettings:
    """The part of an installation's settings that is the same for all partners."""

    connect_timeout: timedelta = timedelta(seconds=5)
    reply_timeout: timedelta = timedelta(seconds=30)
    concurrency: int = 8
    profile: Profile
    """What differs between one partner's software and another's."""

    @property
    def limits(self) -> Limits:
        """The limits of a call to the partner."""
        return Limits(
            connect_timeout=self.connect_timeout,
            reply_timeout=self.reply_timeout,
            connections=self.concurrency,
        )

    @property
    def resolution(self) -> TimeTextResolution:
        """How exactly the partner keeps times and texts."""
        kept = self.profile.resolution
        return TimeTextResolution(time=kept.time, text=kept.text_length)

"""What a destination promises about its calls; recovery decides by it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What a destination promises; recovery decides by it."""

    accepts: frozenset[str]
    """Names of the message types it takes."""
    idempotent: bool = False
    """The partner drops a repeat of the same message id, so an unknown effect may be repeated."""
    findable: bool = False
    """`find` can prove presence and absence."""
    connect_timeout: timedelta = timedelta(seconds=5)
    reply_timeout: timedelta = timedelta(seconds=30)
    concurrency: int = 8
    """How many calls at once."""
    round_trips: int = 1
    """How many exchanges one call may need: logging in, logging in again, comparing."""
    pause_from: timedelta = timedelta(minutes=1)
    """A partner's wish to be called later that is at least this long pauses the operation."""
    longest_wish: timedelta = timedelta(days=7)
    """The longest such wish."""
    lag: timedelta = timedelta()
    """How long `find` may not show what the partner has: it may read a copy that is behind."""

    @property
    def longest_call(self) -> timedelta:
        """How long one call may take, from dialling to the end of the reply."""
        return self.connect_timeout + self.reply_timeout

    @property
    def longest_send(self) -> timedelta:
        """How long sending may take when every exchange takes all of its time."""
        return self.longest_call * self.round_trips

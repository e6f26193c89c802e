"""A channel: one way to tell a person something. A foreign server takes it or does not."""

from datetime import datetime
from typing import Protocol


class ChannelFailed(Exception):
    """A channel did not take a message; `code` is stable, `detail` holds no secret."""

    def __init__(
        self, code: str, detail: str = "", *, in_part: bool = False, is_unknown: bool = False
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:500]
        self.in_part = in_part
        """Whether some of its persons have got it: then it is not sent again to all."""
        self.is_unknown = is_unknown
        """Whether the server may have taken the message: the line ended before its answer."""


class AlertChannel(Protocol):
    """Makes one bounded attempt; the same key is the same message."""

    def send(self, *, key: str, subject: str, body: str, at: datetime) -> None:
        """Hand a message over. Raises ChannelFailed."""

"""The mark of a form on which a person was shown personal data, made after the view was audited.

It is of one session, one account and one delivery, and lasts half an hour: long enough to correct
the fields, with as many checks as that takes. Nobody but this process can make a mark; after its
end, and in another process, the reason is asked for again.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LASTS = timedelta(minutes=30)
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Whose mark it is, and of what."""

    session: str
    """The token of the session's forms."""
    user: str
    """Name of the account."""
    delivery: int

    def mark(self, now: datetime) -> str:
        """Return the mark of a view that was just audited."""
        return self._signed(now.isoformat())

    def was_shown(self, mark: str, now: datetime) -> bool:
        """Tell whether a form's mark is of this viewer, and not over."""
        made = mark.partition(" ")[0]
        if not hmac.compare_digest(mark.encode(), self._signed(made).encode()):
            return False
        return datetime.fromisoformat(made) <= now < datetime.fromisoformat(made) + LASTS

    def _signed(self, made: str) -> str:
        text = "\n".join((made, self.session, self.user, str(self.delivery)))
        return f"{made} {hmac.digest(_KEY, text.encode(), 'sha256').hex()}"

"""What an act on an account is refused with."""

from hub.texts import Explained


class UserNotDone(Explained):
    """The act was refused and nothing changed; `text` says why and what to do."""

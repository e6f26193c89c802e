"""The names under which decisions stand in the audit, and those of the hub's own acts.

A decision is signed with the name of a person, together with the operating system's user where
there is one. The name is what the person says: the operating system's user is the check on it. What
the hub does by itself has a name that no person can give.
"""

import re
import unicodedata

from hub.texts import Explained, both

BY_HUB = "hub"
"""What the timer does by itself."""
BY_RECONCILE = "hub partners compare"
"""The daily comparison, where nobody gave a name: it may be started by a clock."""
BY_PLAN = "hub deliveries replay --plan"
"""Making a plan of a replay, where nobody gave a name: a plan sends nothing."""
BY_VERIFY = "hub audit verify"
"""Verifying the chains, where nobody gave a name."""
AUTOMATIC = frozenset({BY_HUB, BY_RECONCILE, BY_PLAN, BY_VERIFY})

LONGEST = 80
_WORD = r"[^\W\d_](?:[^\W\d_]|['’.-])*"
_PERSON = re.compile(rf"{_WORD}(?: {_WORD})+")


class NotNamed(Explained):
    """A decision has no name, or one that no person has; `text` says what to do."""


def signed(name: str, user: str = "") -> str:
    """Return the actor as the audit keeps it: the person, and the operating system's user.

    E.g. `Trần Thị Bình (hub, uid 10001)`. Raises NotNamed without a person's name: two words or
    more of letters, at most 80 characters; an account like `cli` or `root` is no person.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name:
        raise NotNamed(both("actors.missing"))
    if len(name) > LONGEST or not _PERSON.fullmatch(name) or name.lower() in AUTOMATIC:
        raise NotNamed(both("actors.no_person", longest=LONGEST))
    return f"{name} ({user})" if user else name

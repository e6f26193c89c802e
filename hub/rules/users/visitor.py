"""The person that a page of the console is made for: what the pages need to know, no more."""

from dataclasses import dataclass

from hub.rules.users.permission import may
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.scope import WHOLE, Scope, Thing
from hub.texts import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person; the session and its token are the business of the sign-in."""

    name: str
    """Name of the account, e.g. "binh"; it stands in approvals and in the audit."""
    full_name: str
    """The person's name, as pages show it."""
    role: UserRole
    rights: frozenset[Right]
    scope: Scope
    actor: str
    """As the audit keeps the person, e.g. `Trần Thị Bình (account binh)`."""
    language: Language = Language.VI

    def may(self, right: Right, thing: Thing = WHOLE) -> bool:
        """Return whether this person has the right over the thing."""
        return may(self, right, thing)

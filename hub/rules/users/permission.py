"""Whether a person may do something to something. Pure; knows no store and no session."""

from typing import Protocol

from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Scope, Thing

_WITHOUT_SCOPE = frozenset({Right.AUDIT, Right.USERS})
"""Rights that are about the installation and its people; the scope narrows dossiers only."""


class HasRights(Protocol):
    """A user, or a visitor of the console."""

    @property
    def name(self) -> str:
        """Name of the account."""
        ...

    @property
    def rights(self) -> frozenset[Right]:
        """What the holder may."""
        ...

    @property
    def scope(self) -> Scope:
        """What that reaches."""
        ...


def may(holder: HasRights, right: Right, thing: Thing = WHOLE) -> bool:
    """Return whether the holder has the right over the thing.

    A page shows a thing that is not covered as one that does not exist: ask METADATA first.
    """
    if right not in holder.rights:
        return False
    return right in _WITHOUT_SCOPE or holder.scope.covers(thing)


def may_approve(holder: HasRights, *, proposer: str, thing: Thing = WHOLE) -> bool:
    """Return whether the holder may be the second person of what `proposer` (a user) proposed."""
    return holder.name != proposer and may(holder, Right.APPROVE, thing)

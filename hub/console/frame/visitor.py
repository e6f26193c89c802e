"""Whom a page is for. Every route that shows anything depends on `visitor`.

Without a sign-in that puts a visitor into the request nobody is let in: no page is served to a
stranger by an oversight.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Scope, Thing
from hub.rules.users.visitor import Visitor

Sees = tuple[Scope, frozenset[Right]]
"""What decides what a page shows to a visitor."""


class SignInNeeded(Exception):
    """Nobody is signed in."""


class MayNot(Exception):
    """The visitor lacks a right."""

    def __init__(self, right: Right) -> None:
        super().__init__(right)
        self.what = right.text


def visitor(request: Request) -> Visitor:
    """Return who asks; raises SignInNeeded."""
    found = getattr(request.state, "visitor", None)
    if not isinstance(found, Visitor):
        raise SignInNeeded
    return found


Who = Annotated[Visitor, Depends(visitor)]
"""What a route declares of whom its page is for."""


def sees(visitor: Visitor) -> Sees:
    """Return what visitors have in common who are shown the same."""
    return visitor.scope, visitor.rights


def sees_partner(visitor: Visitor, partner: str) -> bool:
    """Tell whether the figures of a partner may be shown: not to whom only sectors concern."""
    return visitor.scope.covers(Thing(partners=frozenset({partner})))


def signed_by(who: Visitor, reason: str, *, now: datetime) -> SignedBy:
    """Return how an act of a visitor is signed."""
    return {"actor": who.actor, "reason": reason.strip(), "now": now}


def demand(visitor: Visitor, right: Right, thing: Thing = WHOLE) -> None:
    """Raise MayNot unless the visitor has a right, over a thing that may be seen."""
    if not visitor.may(right, thing):
        raise MayNot(right)


def demand_some(visitor: Visitor, right: Right) -> None:
    """Raise MayNot unless the visitor has a right over anything at all; the page shows what."""
    if right not in visitor.rights:
        raise MayNot(right)

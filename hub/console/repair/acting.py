"""What the forms of these pages have in common: token, id, the selection that they are about.

Which selection a person may see is asked before which rights the person has: what is outside of the
scope is answered as what does not exist.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException

from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.console.sign_in.forms import TOKEN
from hub.operations.failures.assigning import thing_of
from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import NotASelection, Selection
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor

FORM_ID = "form_id"


def selection_of(words: Mapping[str, str]) -> Selection:
    """Return the selection of an address or a form; a word that cannot be read is refused (422)."""
    try:
        return Selection.read(words)
    except NotASelection:
        raise HTTPException(422) from None


def seen(who: Visitor, selection: Selection) -> Selection:
    """Return the selection where the visitor may see what it is about. Raises NotHere."""
    if not who.may(Right.METADATA, thing_of(selection)):
        raise NotHere
    return selection


def acted_on(who: Visitor, selection: Selection) -> Selection:
    """Return the selection where the visitor may act on it. Raises NotHere and MayNot."""
    demand(who, Right.ACT, thing_of(seen(who, selection)))
    return selection


def form_values(request: Request) -> dict[str, Any]:
    """Return what a template needs for its forms: the session's token, and a new id for each."""
    return {TOKEN: getattr(request.state, TOKEN, ""), FORM_ID: secrets.token_urlsafe(12)}


def signed_by(who: Visitor, reason: str, parts: Parts) -> SignedBy:
    """Return how an act of a visitor is signed."""
    return {"actor": who.actor, "reason": reason.strip(), "now": parts.clock()}

"""What the forms of these pages have in common: the selection that they are about.

Which selection a person may see is asked before which rights the person has: what is outside of the
scope is answered as what does not exist.
"""

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from hub.console.frame.errors import NotHere
from hub.console.frame.visitor import demand
from hub.operations.failures.assigning import thing_of
from hub.rules.deliveries.selection import NotASelection, Selection
from hub.rules.users.rights import Right
from hub.rules.users.visitor import Visitor


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

"""Notes on selections of deliveries, and whose business each is.

A note moves no delivery. Each is audited under the name of its author; its words are not, because
they may be about a person. A form that is sent twice counts once.
"""

from hub.operations.signed_by import SignedBy
from hub.rules.deliveries.selection import Selection
from hub.rules.users.permission import may
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.user import User
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.repair import selection_notes
from hub.store.repair.selection_notes import SelectionNote
from hub.store.users import accounts
from hub.texts import Explained, both

LONGEST = 1000
"""Letters of a note."""


class NoteRefused(Explained):
    """Nothing was kept; `text` says why."""


def thing_of(selection: Selection) -> Thing:
    """Return what a selection is about, as far as scopes know it."""
    return Thing(partners=frozenset({selection.partner})) if selection.partner else WHOLE


def assignable(tx: Tx, selection: Selection) -> list[User]:
    """Return the persons who may settle what a selection is about."""
    thing = thing_of(selection)
    return [
        it.user
        for it in accounts.all_of(tx)
        if it.retired_at is None and may(it.user, Right.ACT, thing)
    ]


def add_note(
    store: Store, selection: Selection, *, assignee: str | None, form: str, by: SignedBy
) -> bool:
    """Keep a note (the reason of `by`) and, where `assignee` is given, an assignment.

    `assignee`: the name of an account, "" to assign it to nobody. Returns False where the same form
    was kept before. Raises NoteRefused.
    """
    words = by["reason"].strip()
    if not words and assignee is None:
        raise NoteRefused(both("failure_pages.note_empty"))
    if len(words) > LONGEST:
        raise NoteRefused(both("failure_pages.note_long", most=LONGEST))
    row = SelectionNote(
        selection=selection.key, at=by["now"], actor=by["actor"], text=words, assignee=assignee
    )
    with store.write() as tx:
        if assignee and assignee not in {it.name for it in assignable(tx, selection)}:
            raise NoteRefused(both("failure_pages.not_assignable", name=assignee))
        if not selection_notes.record(tx, row, form=form):
            return False
        what = "selection.note" if assignee is None else "selection.assign"
        audit.record(
            tx, by["actor"], what, object=selection.key, reason=assignee or "", now=by["now"]
        )
    return True

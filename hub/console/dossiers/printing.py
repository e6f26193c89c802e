"""Which papers of a dossier a visitor may print, and at which printers."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.console.parts import Parts
from hub.messages import catalog
from hub.records.papers.kinds import PaperKind
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.console.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPrinting:
    """What the form offers."""

    kinds: Sequence[PaperKind]
    printers: Sequence[str]
    printed: int
    """How many papers of the dossier were sent to printers: what the page shows."""


def offered_printing(
    parts: Parts, who: Visitor, found: History, thing: Thing
) -> OfferedPrinting | None:
    """Return what a visitor may print of a dossier, None for nothing."""
    printers = parts.printing.printers if parts.printing else ()
    if not printers or found.dossier is None or not who.may(Right.ACT, thing):
        return None
    unmasked = who.may(Right.UNMASK, thing)
    return OfferedPrinting(
        kinds=[it for it in PaperKind if unmasked or not it.is_personal],
        printers=printers,
        printed=sum(it.destination == catalog.DEVICES for it in found.deliveries),
    )

"""The dossier that a message is about: early without it, refused where it has ended for good."""

from hub.messages.invalid import InvalidMessage
from hub.rules.failures.errors import EarlyMessage
from hub.store.archive import index
from hub.store.engine.store import Tx
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier

_WHERE = "maHoSo"
_ERASED = "its personal data was erased: nothing can be said about it any more"


def existing(tx: Tx, number: str) -> Dossier:
    """Return a dossier, locked; raises EarlyMessage without it, and as `refuse_erased`."""
    dossier = dossiers.get(tx, number)
    if dossier is None:
        raise EarlyMessage(number)
    refuse_erased(dossier)
    return dossier


def refuse_archived(tx: Tx, number: str) -> None:
    """Raise InvalidMessage `dossier_archived` when the dossier is in the archive, `dossier_erased`
    when nobody can bring it back any more."""
    found = index.get(tx, number)
    if found is not None:
        if found.erased_at is not None:
            raise InvalidMessage("dossier_erased", where=_WHERE, why=_ERASED)
        why = "it is in the archive: hub archive restore brings it back, then hub messages retry"
        raise InvalidMessage("dossier_archived", where=_WHERE, why=why)


def refuse_erased(dossier: Dossier) -> None:
    """Raise InvalidMessage `dossier_erased`: a partner would be told that the applicant is nobody.

    Nothing can be said about a dossier any more whose personal data is gone.
    """
    if dossier.erased_at is not None:
        raise InvalidMessage("dossier_erased", where=_WHERE, why=_ERASED)

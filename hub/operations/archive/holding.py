"""Legal holds: a person keeps a dossier from being archived or erased, and releases it again."""

from hub.operations.signed_by import SignedBy
from hub.store.archive import candidates, holds, index, rows
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.texts import Explained, both


class NoSuchDossier(Explained):
    """Neither the database nor the archive has the dossier."""


def hold(store: Store, number: str, by: SignedBy) -> bool:
    """Place a legal hold; False when there is one. Raises NoSuchDossier."""
    with store.write() as tx:
        # Locked first: what is being archived just now is then found in the archive.
        if not rows.lock_dossiers(tx, [number]) and not index.lock(tx, [number]):
            raise NoSuchDossier(both("archive.no_such_dossier", number=number))
        actor, reason, now = by["actor"], by["reason"], by["now"]
        done = holds.place(tx, number, actor=actor, reason=reason, now=now)
        if done:
            audit.record(tx, actor, "dossier.hold", object=number, reason=reason, now=now)
    return done


def release(store: Store, number: str, by: SignedBy) -> bool:
    """Release a dossier; False when it has no hold."""
    with store.write() as tx:
        released = holds.release(tx, number)
        if released:
            candidates.recheck(tx, number)
            audit.record(
                tx,
                by["actor"],
                "dossier.release",
                object=number,
                reason=by["reason"],
                now=by["now"],
            )
    return released

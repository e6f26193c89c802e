"""The archive of an installation: where it is, how old dossiers have to be, what stops a run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from hub.records.deadlines.calendar import local
from hub.rules.retention.ends import DossierFacts, KeepReason, recheck_at, whole_months
from hub.store.engine.store import Store
from hub.store.messages.blobs import BlobStore


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Where the archive is and how old dossiers have to be."""

    store: Store
    files: BlobStore
    folder: Path
    clock: Callable[[], datetime]
    after: timedelta
    """From the end of a dossier until it is archived."""
    personal: timedelta
    """From the end of a dossier until its personal data is erased, archived or not."""
    patience: timedelta = timedelta(minutes=10)
    """How long a run waits for deliveries that are late."""
    untouched: timedelta = timedelta(days=1)
    """How long nobody has stored a file anew before it may be removed."""
    stop: Event = field(default_factory=Event)
    waiting: Callable[[bool], None] = lambda _: None
    """Told whether deliveries are waited for."""
    progress: Callable[[str, int], None] = lambda *_: None
    """Told a step (`read`, `compared`, `archived`, `erased`) and of how many dossiers."""

    def cutoff(self) -> datetime:
        """Return before which a dossier must have been closed to be archived by now."""
        return whole_months(local(self.clock()), self.after)

    def recheck_at(self, facts: DossierFacts, why: KeepReason, *, before: datetime) -> datetime:
        """Return what `before` must have reached for a kept dossier to be looked at again."""
        return recheck_at(facts, why, before=local(before))

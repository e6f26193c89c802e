"""The timer of a chaos run: the hub's own process, with an archive that soon has something to do.

HUB_ARCHIVE=on, the role and the failpoints are the product's; only two ages differ. The product
archives whole months, so a dossier that ended today is out of reach of every setting, and a smaller
unit in the settings would be a way to empty an office's database by mistake. So the ages are
replaced here, outside the product. Nothing is archived while `sign` is not there.
"""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.bootstrap.retention import make_archive
from hub.bootstrap.roles import by_clock
from hub.cli import main
from hub.operations.archive.config import Archive
from hub.rules.retention.ends import DossierFacts, KeepReason
from hub.runtime.clock import utc_now

AGE = timedelta(seconds=20)
"""From the end of a dossier until it is archived: longer than a role stands still, so that a clerk
has told everything and the broker has its acknowledgements, as they have after a month."""
NEVER = timedelta(days=36_500)


def sign(folder: Path) -> Path:
    """Return the file in which the age stands, in seconds; without it nothing is archived."""
    return folder.with_name("archive.begin")


def age(folder: Path) -> timedelta:
    """Return from when on after its end a dossier is archived."""
    try:
        return timedelta(seconds=float(sign(folder).read_text(encoding="ascii")))
    except FileNotFoundError:
        return NEVER


class SoonArchived(Archive):
    """An archive of dossiers that ended so long ago as `sign` says."""

    def cutoff(self) -> datetime:
        """Return before which a dossier must have ended; an hour's jump ahead is no age."""
        return min(self.clock(), utc_now()) - age(self.folder)

    def recheck_at(self, facts: DossierFacts, why: KeepReason, *, before: datetime) -> datetime:
        """Return what `cutoff` must have reached: a second later, not the next month."""
        later = super().recheck_at(facts, why, before=before)
        return min(later, before + timedelta(seconds=1))


def soon(*args: Any, **options: Any) -> Archive:
    """Return the archive that the settings describe, with the ages of a chaos run."""
    made = make_archive(*args, **options)
    values = {field.name: getattr(made, field.name) for field in dataclasses.fields(made)}
    return SoonArchived(**{**values, "untouched": AGE})


def run() -> None:
    """Be the role."""
    # Trap: a name that is not there would be made, and nothing ever archived.
    assert vars(by_clock)["make_archive"] is make_archive
    vars(by_clock)["make_archive"] = soon
    main()

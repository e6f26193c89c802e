"""What a run of the archive did, or would do."""

from collections import Counter
from dataclasses import dataclass, field

from hub.rules.retention.ends import KeepReason
from hub.texts import Text


@dataclass(slots=True)
class ArchiveReport:
    """Counts of one run."""

    archived: int = 0
    """Dossiers whose rows were deleted; in a dry run, that would be."""
    rows: int = 0
    files: list[str] = field(default_factory=list)
    """Names of the archive files that were completed."""
    bytes: int = 0
    """Size of those files; in a dry run, of the rows before they are compressed."""
    stored: int = 0
    """Stored files that belong to the dossiers."""
    erased: int = 0
    """Dossiers whose personal data was erased."""
    removed: int = 0
    """Stored files that were removed."""
    unknown: int = 0
    """Stored files that this database does not know and that stay: they are more than it knows."""
    changed: int = 0
    """Dossiers that changed while they were being archived: they stay."""
    kept: Counter[KeepReason] = field(default_factory=Counter)
    examples: dict[KeepReason, list[str]] = field(default_factory=dict)
    stopped: Text | None = None
    """Why the run ended before its work did, None when it did not."""
    no_room: bool = False
    """Whether it was because a disk is full."""

    def keep(self, number: str, why: KeepReason, *, most: int = 5) -> None:
        """Count a dossier that stays."""
        self.kept[why] += 1
        named = self.examples.setdefault(why, [])
        if len(named) < most:
            named.append(number)

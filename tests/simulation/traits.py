"""What is special in a story, by its seed: most have little of it, which keeps them quick."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What happens in some stories only."""

    all_processes: bool
    two_persons: bool
    """There are accounts, so some acts need a second person; sometimes days pass."""
    restored: bool
    """The database is lost, and an old copy is put back."""
    disk_fills: bool
    maintained: bool
    """A partner has a window in which it must not be called."""
    archives: bool
    """Finished dossiers are archived; sometimes months pass."""


def traits_of(seed: int) -> Traits:
    """Return what a seed brings.

    A restored database, an archive, a full disk and a maintenance never come together: all four go
    by the last digit. Accounts, more processes and real adapters meet each of them.
    """
    return Traits(
        all_processes=seed % 3 == 0,
        two_persons=seed % 4 == 1,
        restored=seed % 5 == 4,
        disk_fills=seed % 10 == 3,
        maintained=seed % 10 in (1, 6),
        archives=seed % 5 == 2,
    )

"""What is special in a story, by its seed: most have little of it, which keeps them quick."""

from dataclasses import dataclass

from tests.simulation.world.chance import share_of


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
    """Return what a seed brings; each trait is drawn for itself, so that all of them meet."""

    def brings(trait: str, share: float) -> bool:
        return share_of(f"trait {trait} {seed}") < share

    return Traits(
        all_processes=brings("all processes", 0.33),
        two_persons=brings("two persons", 0.25),
        restored=brings("restored", 0.2),
        disk_fills=brings("disk fills", 0.15),
        maintained=brings("maintained", 0.2),
        archives=brings("archives", 0.2),
    )

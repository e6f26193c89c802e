"""Which part of the installation a person's rights reach: all of it, sectors, or partners."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What a right is asked for, as far as scopes know it.

    A dossier has its sector and the partners that it goes to; a delivery its dossier's sector and
    its destination; a pause its partner. What has neither concerns the whole installation.
    """

    sector: str = ""
    """Code of the dossier's sector; "" where the thing belongs to none."""
    partners: frozenset[str] = frozenset()
    """Destinations, as in `hub.messages.partners`."""


WHOLE = Thing()
"""The installation as a whole, e.g. its accounts, its audit, its broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What rights reach. Without sectors and partners that is nothing, unless it is `everything`.

    A scope is by sectors or by partners, never by both: see `hub.rules.users.user.checked`.
    """

    everything: bool = False
    sectors: frozenset[str] = frozenset()
    partners: frozenset[str] = frozenset()

    def covers(self, thing: Thing) -> bool:
        """Return whether the scope reaches the thing."""
        if self.everything:
            return True
        return thing.sector in self.sectors or not self.partners.isdisjoint(thing.partners)


ALL = Scope(everything=True)

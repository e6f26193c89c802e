"""Partners without an address in the settings for which deliveries wait, or to which some went.

Deliveries for such a partner stay pending, and nothing else would say so. A partner that was never
connected and for which nothing waits is no finding.
"""

from dataclasses import dataclass

from hub.messages.partners import PARTNERS
from hub.settings import Settings
from hub.store.conservation import counts
from hub.store.engine.store import Tx
from hub.store.schema.tables.conservation import ACCEPTED
from hub.texts import Text, both


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconnected:
    """A partner that deliveries are for, and that has no address."""

    partner: str
    setting: str
    """The setting that is empty."""
    pending: int
    """Deliveries that are not settled."""
    delivered: int
    """Deliveries that it got when it was connected."""

    @property
    def text(self) -> Text:
        """The sentence without the partner's name."""
        return both("partners.not_connected", setting=self.setting, count=self.pending)


def unconnected(tx: Tx, settings: Settings) -> list[Unconnected]:
    """Return the partners that have no address and had, or should have, deliveries."""
    kept = counts.kept(tx)
    found = []
    for partner in PARTNERS.values():
        states = kept.get(partner.destination)
        if getattr(settings, f"{partner.short}_url") or states is None:
            continue
        handled = sum(count for state, count in states.items() if state != ACCEPTED)
        one = Unconnected(
            partner=partner.destination,
            setting=partner.url_setting,
            pending=states[ACCEPTED] - handled,
            delivered=states["delivered"],
        )
        if one.pending or one.delivered:
            found.append(one)
    return found

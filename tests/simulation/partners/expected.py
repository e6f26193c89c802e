"""What stories with the real adapters should meet within a thousand seeds."""

from collections.abc import Iterator

from adapters.simulation.dialects.tables import DIALECTS
from hub.messages import catalog
from tests.simulation.partners.chances import WEIGHTS
from tests.simulation.partners.service import ON_THE_WAY, STATES


def expected() -> Iterator[str]:
    """Yield the name of each adapter, habit of a dialect, fault of a line, and effect."""
    yield from ("adapter province soap", "adapter province rest", "adapter town rest")
    yield from (f"dialect {it.name}" for habits in DIALECTS.values() for it in habits)
    yield from (f"line {kind}" for kind in (*WEIGHTS, *ON_THE_WAY, *STATES, "unreachable"))
    yield from ("line contradicts", "fault callback answer lost")
    yield from (f"fault {partner} restarts" for partner in sorted(catalog.PARTNERS))
    yield from (f"effect {type}" for type, reader in catalog.READERS.items() if reader in PARTNERS)


PARTNERS = frozenset(catalog.PARTNERS)

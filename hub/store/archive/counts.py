"""Tells the conservation balance of deliveries that leave the database, or come back."""

from collections import Counter
from collections.abc import Iterable

from hub.store.archive.rows import Rows
from hub.store.conservation.counts import record_archived
from hub.store.engine.store import Tx


def record(tx: Tx, gone: Iterable[Rows], *, back: bool = False) -> None:
    """Count the deliveries of dossiers as archived, or, when they came `back`, not any more."""
    counted: Counter[tuple[str, str]] = Counter()
    for rows in gone:
        counted.update(rows.deliveries())
    for (destination, state), count in sorted(counted.items()):
        record_archived(tx, destination, state, -count if back else count)

"""Samples of the disk are kept for a month, whatever the machine's name was."""

from datetime import date, timedelta

import sqlalchemy as sa

from hub.rules.retention.disk_forecast import Sample
from hub.store.engine.store import Store
from hub.store.monitoring import disk_samples
from hub.store.schema.tables.archive import disk_samples as table

TODAY = date(2026, 11, 28)


def test_samples_of_a_container_that_is_gone_are_forgotten_too(store: Store) -> None:
    """The one that was made in its place has another name."""
    with store.write() as tx:
        for host, days in (("old", 40), ("old", 20), ("new", 40), ("new", 0)):
            day = TODAY - timedelta(days=days)
            disk_samples.record(tx, host=host, day=day, used=days, database=0)
        kept = sa.select(table.c.host, table.c.used).order_by(table.c.host)
        assert [tuple(row) for row in tx.execute(kept)] == [("new", 0), ("old", 20)]
        assert disk_samples.of_host(tx, "new") == [Sample(TODAY, 0)]

"""How much of each machine's disk was used, a row a day, for a month."""

from datetime import date, timedelta

import sqlalchemy as sa

from hub.rules.retention.disk_forecast import Sample
from hub.store.engine.store import Tx, insert
from hub.store.schema.tables.archive import disk_samples

KEPT = timedelta(days=31)


def record(tx: Tx, *, host: str, day: date, used: int, database: int) -> None:
    """Keep the sample of a day, in place of an earlier one of it; forget those of last month.

    Those of every machine: a container that was made anew has another name, and nothing else would
    forget what the one before has left.
    """
    row = {"host": host, "day": day.isoformat(), "used": used, "database": database}
    statement = insert(tx, disk_samples).values(row)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=[disk_samples.c.host, disk_samples.c.day],
            set_={"used": used, "database": database},
        )
    )
    oldest = (day - KEPT).isoformat()
    tx.execute(sa.delete(disk_samples).where(disk_samples.c.day < oldest))


def of_host(tx: Tx, host: str) -> list[Sample]:
    """Return the samples of a machine, oldest first."""
    query = (
        sa.select(disk_samples.c.day, disk_samples.c.used)
        .where(disk_samples.c.host == host)
        .order_by(disk_samples.c.day)
    )
    return [Sample(date.fromisoformat(row.day), row.used) for row in tx.execute(query)]

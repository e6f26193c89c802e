"""Which deliveries a person's scope reaches, as a condition on them.

Used together with a way to the few rows (an open state, a page of ids): alone it finds nothing.
"""

import sqlalchemy as sa

from hub.rules.users.scope import Scope
from hub.store.schema.tables.exchange import deliveries
from hub.store.schema.tables.records import dossiers
from hub.store.statements.plan_hints import unindexed

_of_lane = dossiers.alias()
"""Under a name of its own: the statement around it may read dossiers, too."""


def within(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on deliveries; none where the scope is everything."""
    if scope.everything:
        return []
    sector = sa.select(_of_lane.c.sector).where(_of_lane.c.number == deliveries.c.lane)
    return [
        sa.or_(
            unindexed(deliveries.c.destination).in_(sorted(scope.partners)),
            sector.scalar_subquery().in_(sorted(scope.sectors)),
        )
    ]

"""Every prepared statement's subqueries reach the query around them."""

import importlib
import pkgutil

import pytest
import sqlalchemy as sa

import hub.store
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries.delivery_statements import delivering
from hub.store.schema.tables.exchange import attempts, deliveries, pauses
from hub.store.statements.compiled import Compiled
from tests.support.database.sql_structure import lost_subqueries

URLS = ["sqlite://", "postgresql+psycopg://"]
c, a, p = deliveries.c, attempts.c, pauses.c
later = attempts.alias()
LAST_OF = sa.select(sa.func.max(later.c.number)).where(later.c.delivery_id == c.id)
COUNT = sa.select(sa.func.count()).where(a.delivery_id == c.id)
UNANSWERED = COUNT.where(a.number > LAST_OF.scalar_subquery()).scalar_subquery()
PAUSED = sa.exists().where(p.destination == c.destination)
PAUSED_ANEW = sa.exists(sa.select(p.kind).where(p.kind == "window").correlate(None))


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        # the one that told of no delivery because another had been tried more often
        (sa.select(UNANSWERED), 1),
        (sa.update(deliveries).where(UNANSWERED > 1), 1),
        (sa.select(c.id).where(PAUSED_ANEW), 1),
        (sa.select(c.id).where(COUNT.correlate(None).scalar_subquery() > 3), 1),
        (sa.select(c.id).where(COUNT.scalar_subquery() > 3, ~PAUSED), 0),
        (sa.update(deliveries).where(c.id.in_(sa.select(c.id).where(PAUSED))), 0),
        (sa.select(sa.select(c.id).where(PAUSED).cte("first").c.id), 0),
        (sa.select(sa.exists().where(c.id == 3)), 0),
    ],
)
def test_a_subquery_that_lost_its_outer_query_is_found(
    statement: sa.Select[int] | sa.Update, lost: int, url: str
) -> None:
    """Nested two levels deep, told to correlate with nothing, or without any reference outward."""
    if isinstance(statement, sa.Select):
        statement = statement.select_from(deliveries) if lost else statement
    text = str(statement.compile(dialect=sa.create_engine(url).dialect))
    assert len(lost_subqueries(text)) == lost, text


def prepared_statements() -> list[Compiled]:
    """Return those that the store's modules hold, and one of those that are made when needed."""
    names = [it.name for it in pkgutil.walk_packages(hub.store.__path__, "hub.store.")]
    modules = [importlib.import_module(name) for name in names if ".versions" not in name]
    held = [it for module in modules for it in vars(module).values() if isinstance(it, Compiled)]
    return [*held, delivering(DeliveryState.SENDING)]


@pytest.mark.parametrize("url", URLS)
def test_no_prepared_statement_has_a_lost_subquery(url: str) -> None:
    """On both databases, and for every statement of the store's modules."""
    prepared = prepared_statements()
    assert len(prepared) > 40
    dialect = sa.create_engine(url).dialect
    for statement in prepared:
        text = statement.sql(dialect)
        assert lost_subqueries(text) == [], text

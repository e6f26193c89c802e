"""What tells the rows of an UPDATE apart is one parameter: no other one is compared unnoticed."""

import importlib
import pkgutil

import sqlalchemy as sa

import hub.store
from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries.delivery_statements import delivering
from hub.store.statements.compiled import Compiled
from hub.store.statements.many_rows import equations

POSTGRESQL = sa.make_url("postgresql+psycopg://").get_dialect()()
MORE_THAN_THE_KEY = {
    "hub.store.deliveries.attempts._FINISH": "one call of a delivery ends at a time, so no two rows share it",  # noqa: E501
}
"""Updates that compare other parameters, too, and why no two of their rows share the key."""


def keyed() -> dict[str, Compiled]:
    """Return the updates of the store that have a key, by module and name."""
    found = {"delivering": delivering(DeliveryState.SENDING)}
    for module in pkgutil.walk_packages(hub.store.__path__, "hub.store."):
        if ".migrations" in module.name:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Compiled) and value.key:
                found[f"{module.name}.{name}"] = value
    return found


def test_rows_that_share_their_key_come_to_no_update() -> None:
    """Two papers of one dossier had one key, and PostgreSQL refused them."""
    several = {
        name
        for name, one in keyed().items()
        if {it for _, it in equations(one.statement(POSTGRESQL))} != {one.key}
    }
    assert several == set(MORE_THAN_THE_KEY)
    assert len(keyed()) > len(several)

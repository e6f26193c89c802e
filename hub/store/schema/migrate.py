"""Brings a database to the present schema, in numbered steps that are never edited once released.

`migrate` is safe to run by several processes and threads at once and does nothing when there is
nothing to do.
"""

from pathlib import Path
from threading import Lock

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext

from hub.store.engine.session import freed
from hub.store.engine.store import Store
from hub.store.schema.revision import SchemaAge, SchemaMismatch, age_of

_LOCK = 5_120_018  # any constant of ours, for pg_advisory_lock
_ONE_AT_A_TIME = Lock()  # alembic keeps the step it is in in module globals


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def migrate(store: Store) -> None:
    """Upgrade the store's database to the newest schema; raises SchemaMismatch on a newer one."""
    config = _config()
    with _ONE_AT_A_TIME, store.engine.connect() as connection, freed(connection):
        if store.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            found = MigrationContext.configure(connection).get_current_revision() or ""
            age = age_of(found)
            if age is SchemaAge.NEWER:
                raise SchemaMismatch(age, store.url, found)
            if age is not SchemaAge.CURRENT:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
            connection.commit()
        finally:
            if store.name == "postgresql":
                connection.rollback()
                connection.execute(sa.text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()

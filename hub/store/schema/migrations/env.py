"""How alembic runs our steps: always on a connection that hub.store.schema.migrate hands over."""

from alembic import context

from hub.store.schema.partial_index import with_conditions
from hub.store.schema.tables import archive as archive_tables
from hub.store.schema.tables import changes as change_tables
from hub.store.schema.tables import clients as client_tables
from hub.store.schema.tables import conservation as conservation_tables
from hub.store.schema.tables import contracts as contract_tables
from hub.store.schema.tables import devices as device_tables
from hub.store.schema.tables import edge as edge_tables
from hub.store.schema.tables import files as file_tables
from hub.store.schema.tables import records as record_tables
from hub.store.schema.tables import repair as repair_tables
from hub.store.schema.tables import webhooks as webhook_tables
from hub.store.schema.tables.exchange import metadata
from hub.store.schema.tables.operators import alerts as alert_tables
from hub.store.schema.tables.operators import counter as counter_tables
from hub.store.schema.tables.operators import users as user_tables

# imported so that their tables are in the metadata
del (
    alert_tables,
    archive_tables,
    change_tables,
    client_tables,
    contract_tables,
    counter_tables,
    device_tables,
    edge_tables,
    record_tables,
    repair_tables,
    user_tables,
    webhook_tables,
    conservation_tables,
    file_tables,
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=with_conditions(metadata),
    transaction_per_migration=False,
)
context.run_migrations()

"""The table of devices: how each was at its last check."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, metadata

device_states = sa.Table(
    "device_states",
    metadata,
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("findings", sa.Text, nullable=False),
    sa.Column("since", Instant, nullable=False),
    sa.Column("checked_at", Instant, nullable=False),
    sa.Column("figures", sa.Text),
    comment="How each device was at its last check, and since when it has been in that state",
)
"""`findings` is JSON: a list of code and evidence, the worst first.

`figures` is JSON: a list of kind, place, level and capacity; NULL for a device that counts nothing.
"""

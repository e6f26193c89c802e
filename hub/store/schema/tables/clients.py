"""The tables of the clients that may call the hub. No secret stands in them, only its sha256."""

import sqlalchemy as sa

from hub.store.schema.tables.exchange import Instant, metadata, one_of

KEY, CERTIFICATE = "key", "certificate"
SECRET_KINDS = (KEY, CERTIFICATE)

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("operations", sa.Text, nullable=False),
    sa.Column("agencies", sa.Text, nullable=False),
    sa.Column("addresses", sa.Text, nullable=False),
    sa.Column("calls_per_minute", sa.Integer, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("retired_at", Instant),
    sa.Column("calls_at_once", sa.Integer, nullable=False, server_default="0"),
    sa.Column("must_sign", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("signed_replies", sa.Boolean, nullable=False, server_default=sa.false()),
    comment="Who may call the hub: operations, agencies, addresses, calls a minute",
)

client_secrets = sa.Table(
    "client_secrets",
    metadata,
    sa.Column("prefix", sa.Text, primary_key=True),
    sa.Column("client", sa.Text, sa.ForeignKey("clients.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant),
    sa.Column("retired_at", Instant),
    sa.Column("certificate_ends_at", Instant),
    sa.CheckConstraint(one_of("kind", SECRET_KINDS), name="kind"),
    comment="What a client proves itself with: sha256 of a key, or of a certificate",
)
sa.Index("ix_client_secrets_client", client_secrets.c.client)
sa.Index("ix_client_secrets_digest", client_secrets.c.digest, unique=True)

client_calls = sa.Table(
    "client_calls",
    metadata,
    sa.Column("client", sa.Text, sa.ForeignKey("clients.id"), primary_key=True),
    sa.Column("second", sa.BigInteger, primary_key=True),
    sa.Column("calls", sa.Integer, nullable=False),
    comment="Calls of a client by second, of the last minute: its quota for all processes together",
)

client_tokens = sa.Table(
    "client_tokens",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("secret", sa.Text, sa.ForeignKey("client_secrets.prefix"), nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    comment="Access tokens of clients: sha256, of which secret, for which operations; of minutes",
)
sa.Index("ix_client_tokens_secret", client_tokens.c.secret, client_tokens.c.expires_at)

used_nonces = sa.Table(
    "used_nonces",
    metadata,
    sa.Column("client", sa.Text, sa.ForeignKey("clients.id"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("until", Instant, nullable=False),
    comment="sha256 of the nonces of signed calls, while the calls are not too old",
)
sa.Index("ix_used_nonces_until", used_nonces.c.client, used_nonces.c.until)

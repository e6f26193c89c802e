"""Persons who may use console and command line: accounts, sessions, acts that need two of them."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user"], ["users.name"], name=op.f(f"fk_{table}_user"))


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sectors", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger()),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("password_at", sa.BigInteger(), nullable=False),
        sa.Column("password_given", sa.Boolean(), nullable=False),
        sa.Column("code_salt", sa.Text(), nullable=False),
        sa.Column("code_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("subject", sa.Text()),
        sa.CheckConstraint(
            "role IN ('auditor', 'deputy', 'head', 'officer', 'operator', 'province-it', 'town-it')",
            name=op.f("ck_users_role"),
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
        comment="Persons who may use console and command line: role, sectors, hash of the password",
    )
    op.create_index("ix_users_subject", "users", ["subject"], unique=True)
    op.create_table(
        "user_recovery_codes",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("user", "digest", name=op.f("pk_user_recovery_codes")),
        _of_user("user_recovery_codes"),
        comment="sha256 of the codes that stand in for a lost device, each for one use",
    )
    op.create_table(
        "user_keys",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_user_keys")),
        _of_user("user_keys"),
        comment="sha256 of the key that a person shows at the command line, its end and last use",
    )
    op.create_index("ix_user_keys_user", "user_keys", ["user"], unique=True)
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('code', 'password', 'whole')", name=op.f("ck_user_sessions_stage")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        _of_user("user_sessions"),
        comment="Sessions of the console: sha256 of the token, user, last use, masked address",
    )
    op.create_index("ix_user_sessions_digest", "user_sessions", ["digest"], unique=True)
    op.create_index("ix_user_sessions_user", "user_sessions", ["user"])
    op.create_table(
        "user_devices",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_user_devices")),
        _of_user("user_devices"),
        comment="sha256 of the mark of each browser that a person signed in with; it is not locked",
    )
    op.create_index("ix_user_devices_user", "user_devices", ["user"])
    op.create_table(
        "sign_in_failures",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sign_in_failures")),
        comment="Failed sign-ins of a day by account and network, or account and browser, as sha256",
    )
    op.create_index("ix_sign_in_failures_last_at", "sign_in_failures", ["last_at"])
    _make_approvals()


def _make_approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("number", BIG, autoincrement=True, nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("partners", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposer", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text()),
        sa.Column("decided_at", sa.BigInteger()),
        sa.Column("decided_why", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.CheckConstraint(
            "state IN ('done', 'expired', 'open', 'refused', 'stale', 'withdrawn')",
            name=op.f("ck_approvals_state"),
        ),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)", name=op.f("ck_approvals_decided")
        ),
        sa.CheckConstraint(
            "approver IS NULL OR approver <> proposer", name=op.f("ck_approvals_two_persons")
        ),
        sa.CheckConstraint(
            "state <> 'done' OR approver IS NOT NULL", name=op.f("ck_approvals_done_by_two")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_approvals")),
        comment="Acts that need a second person: verb, expected states, reason, both persons",
        sqlite_autoincrement=True,
    )
    where = sa.text("state = 'open'")
    op.create_index(
        "ix_approvals_open", "approvals", ["ends_at"], sqlite_where=where, postgresql_where=where
    )
    op.create_index("ix_approvals_proposer", "approvals", ["proposer", "number"])


def downgrade() -> None:
    for table in (
        *("approvals", "sign_in_failures", "user_devices", "user_sessions"),
        *("user_keys", "user_recovery_codes", "users"),
    ):
        op.drop_table(table)

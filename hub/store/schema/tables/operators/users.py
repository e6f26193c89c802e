"""The tables of the persons who may use console and command line, and of what needs two of them.

No secret stands in them: of passwords the argon2 hash, of tokens, keys and codes the sha256, of the
secret of one-time codes the salt that it is derived with (`hub.store.users.one_time_codes`).
"""

import sqlalchemy as sa

from hub.rules.users.approvals import ApprovalState
from hub.rules.users.rights import UserRole
from hub.rules.users.sign_in import SessionStage
from hub.store.schema.partial_index import partial_index
from hub.store.schema.tables.exchange import Big, Instant, InTwoLanguages, metadata, one_of

users = sa.Table(
    "users",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("sectors", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("retired_at", Instant),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("password_at", Instant, nullable=False),
    sa.Column("password_given", sa.Boolean, nullable=False),
    sa.Column("code_salt", sa.Text, nullable=False),
    sa.Column("code_step", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("password_by", sa.Text, nullable=False, server_default=""),
    sa.Column("codes_by", sa.Text, nullable=False, server_default=""),
    sa.Column("introduced_by", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text),
    sa.Column("issuer", sa.Text),
    sa.Column("locked_at", Instant),
    sa.Column("last_sign_in_at", Instant),
    sa.CheckConstraint(one_of("role", UserRole), name="role"),
    comment="Persons who may use console and command line: role, sectors, hash of the password",
)
sa.Index("ix_users_subject", users.c.issuer, users.c.subject, unique=True)

user_recovery_codes = sa.Table(
    "user_recovery_codes",
    metadata,
    sa.Column("user", sa.Text, sa.ForeignKey("users.name"), primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("used_at", Instant),
    comment="sha256 of the codes that stand in for a lost device, each for one use",
)

user_keys = sa.Table(
    "user_keys",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("users.name"), nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("last_used_at", Instant),
    sa.Column("issued_by", sa.Text, nullable=False, server_default=""),
    comment="sha256 of the key that a person shows at the command line, its end and last use",
)
sa.Index("ix_user_keys_user", user_keys.c.user, unique=True)

user_sessions = sa.Table(
    "user_sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("user", sa.Text, sa.ForeignKey("users.name"), nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("last_seen_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.CheckConstraint(one_of("stage", SessionStage), name="stage"),
    comment="Sessions of the console: sha256 of the token, user, last use, masked address",
)
sa.Index("ix_user_sessions_digest", user_sessions.c.digest, unique=True)
sa.Index("ix_user_sessions_user", user_sessions.c.user)

user_devices = sa.Table(
    "user_devices",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, sa.ForeignKey("users.name"), nullable=False),
    sa.Column("last_used_at", Instant, nullable=False),
    comment="sha256 of the mark of each browser that a person signed in with; it is not locked",
)
sa.Index("ix_user_devices_user", user_devices.c.user)

sign_in_failures = sa.Table(
    "sign_in_failures",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False, server_default=""),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("free_at", Instant, nullable=False),
    comment="Failed sign-ins of a day by account and network, or account and browser, as sha256",
)
sa.Index("ix_sign_in_failures_last_at", sign_in_failures.c.last_at)
sa.Index("ix_sign_in_failures_account", sign_in_failures.c.account)

sent_forms = sa.Table(
    "sent_forms",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("user", sa.Text, nullable=False),
    sa.Column("begun_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("outcome", InTwoLanguages),
    sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended"),
    comment="Forms of the console that were sent in a day: each is done once, with its outcome",
)
sa.Index("ix_sent_forms_begun_at", sent_forms.c.begun_at)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("number", Big, primary_key=True, autoincrement=True),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("expected", sa.Text, nullable=False),
    sa.Column("terms", sa.LargeBinary, nullable=False),
    sa.Column("sector", sa.Text, nullable=False),
    sa.Column("partners", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("proposer", sa.Text, nullable=False),
    sa.Column("proposed_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("approver", sa.Text),
    sa.Column("decided_at", Instant),
    sa.Column("decided_why", sa.Text),
    sa.Column("outcome", InTwoLanguages),
    sa.CheckConstraint(one_of("state", ApprovalState), name="state"),
    sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
    sa.CheckConstraint("approver IS NULL OR approver <> proposer", name="two_persons"),
    sa.CheckConstraint("state <> 'done' OR approver IS NOT NULL", name="done_by_two"),
    sqlite_autoincrement=True,
    comment="Acts that need a second person: verb, expected states, reason, both persons",
)
IS_OPEN = sa.text("state = 'open'")
"""Word for word in every question about open proposals, see `tables.UNHANDLED`."""
partial_index("ix_approvals_open", approvals.c.ends_at, where=IS_OPEN)
sa.Index("ix_approvals_proposer", approvals.c.proposer, approvals.c.number)

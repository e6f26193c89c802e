"""Signing in by a provider of identities: its word takes the place of the password, no more.

An identity opens the account that a person linked it to (`hub.operations.users.access`); nothing is
added or linked by a sign-in. The one-time code is still asked for, unless the provider proved a
second factor that the settings accept. The session is the same row as any other.
"""

import hashlib
from datetime import datetime

from hub.operations.users.opening import Browser, OpenedSession, finish, open_session, record
from hub.rules.users.identities import IdentityRefusal, IdentityRefused, ProvenIdentity, Started
from hub.rules.users.sign_in import SessionStage
from hub.store.engine.store import Store, Tx
from hub.store.users import accounts, sent_forms
from hub.store.users.accounts import UserAccount
from hub.texts import both


def open_for(
    store: Store, identity: ProvenIdentity, started: Started, *, browser: Browser, now: datetime
) -> OpenedSession:
    """Open a session of the account that an identity is linked to. Raises IdentityRefused.

    `started`: the sign-in at the provider, which opens one session.
    """
    with store.write() as tx:
        account = _linked(tx, identity)
        refusal = _refusal(tx, account, started, now)
        if account is not None and refusal is None:
            if identity.second_factor:
                return finish(tx, account, browser, "identity", now)
            record(tx, account, "users.identity", now)
            return open_session(tx, account, SessionStage.CODE, browser, now)
        if account is not None:
            record(tx, account, "users.identity", now, object=str(refusal), allowed=False)
    known = account is not None
    raise IdentityRefused(
        refusal or IdentityRefusal.IDENTITY_UNKNOWN, subject="" if known else identity.subject
    )


def _linked(tx: Tx, identity: ProvenIdentity) -> UserAccount | None:
    found = accounts.linked(tx, identity.issuer, identity.subject)
    if found is None:
        return None
    # Read again under the lock: it may be linked to another identity by now.
    locked = accounts.locked(tx, found.user.name)
    same = locked is not None and (locked.issuer, locked.subject) == (
        identity.issuer,
        identity.subject,
    )
    return locked if same else None


def _refusal(
    tx: Tx, account: UserAccount | None, started: Started, now: datetime
) -> IdentityRefusal | None:
    if account is None:
        return IdentityRefusal.IDENTITY_UNKNOWN
    if not account.is_active:
        return IdentityRefusal.ACCOUNT_CLOSED
    # As a form, a sign-in at the provider counts once, whatever the provider says of its code.
    digest = hashlib.sha256(started.state.encode()).hexdigest()
    name = account.user.name
    if not sent_forms.begin(tx, digest, user=name, now=now):
        return IdentityRefusal.STATE_USED
    sent_forms.end(tx, digest, outcome=both("identities.signed_in", name=name), now=now)
    return None

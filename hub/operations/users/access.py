"""Locking an account for a while, and linking it to what a provider of identities calls the person.

A locked account opens nothing: no sign-in, no session, no key. Unlocked, it is as it was before. A
link is for the provider's word to take the place of the password. Whoever links an account can
choose an identity of the own, so a link introduces the person as a reset does: the account approves
nothing until another approver confirms the person, and the person has chosen a password since. The
second holds for the only approver, too, whom nobody can confirm.
"""

import hashlib

from hub.operations.signed_by import SignedBy
from hub.operations.users.accounts import require_active, require_another_manager, require_known
from hub.operations.users.confirming import introduce
from hub.operations.users.refused import UserNotDone
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.users import accounts, sessions
from hub.texts import both

LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, section 2."""


def lock(store: Store, name: str, *, own: str, expected: str = "", by: SignedBy) -> None:
    """Have an account open nothing until it is unlocked; its sessions end. Raises UserNotDone."""
    with store.write() as tx:
        accounts.lock_all(tx)
        known = require_active(tx, name, expected)
        if name == own:
            raise UserNotDone(both("users.own_lock"))
        if known.locked_at is not None:
            raise UserNotDone(both("users.is_locked", name=name))
        require_another_manager(tx, known.user)
        accounts.lock(tx, name, at=by["now"])
        sessions.end_all(tx, name)
        audit.record(tx, action="users.lock", object=name, **by)


def unlock(store: Store, name: str, *, own: str, expected: str = "", by: SignedBy) -> None:
    """Let an account open again what it opened before. Raises UserNotDone."""
    with store.write() as tx:
        known = require_known(tx, name, expected)
        if known.locked_at is None:
            raise UserNotDone(both("users.is_not_locked", name=name))
        if name == own:
            raise UserNotDone(both("users.own_lock"))
        accounts.lock(tx, name, at=None)
        audit.record(tx, action="users.unlock", object=name, **by)


def link(
    store: Store,
    name: str,
    *,
    issuer: str,
    subject: str,
    own: str,
    expected: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> None:
    """Link an account to the identity `subject` of the provider `issuer`; its sessions end.

    An identity has one account, and an account one identity: another link takes its place.
    `at_server`: False for a person at a browser. Raises UserNotDone.
    """
    subject = subject.strip()
    if not subject or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise UserNotDone(both("users.bad_subject", longest=LONGEST_SUBJECT))
    if not issuer:
        raise UserNotDone(both("users.no_issuer"))
    with store.write() as tx:
        accounts.lock_all(tx)
        known = require_active(tx, name, expected)
        other = accounts.linked(tx, issuer, subject)
        if other is not None:
            owner = other.user.name
            raise UserNotDone(both("users.identity_taken", name=owner))
        accounts.link(tx, name, issuer=issuer, subject=subject, by=own)
        introduce(tx, known.user, own, at_server=at_server)
        sessions.end_all(tx, name)
        object = f"{name} {fingerprint(issuer, subject)}"
        audit.record(tx, action="users.link", object=object, **by)


def unlink(store: Store, name: str, *, expected: str = "", by: SignedBy) -> None:
    """Have no identity of a provider open an account; its sessions end. Raises UserNotDone."""
    with store.write() as tx:
        known = require_known(tx, name, expected)
        if not known.subject:
            raise UserNotDone(both("users.is_not_linked", name=name))
        accounts.link(tx, name, issuer=None, subject=None)
        sessions.end_all(tx, name)
        object = f"{name} {fingerprint(known.issuer, known.subject)}"
        audit.record(tx, action="users.unlink", object=object, **by)


def fingerprint(issuer: str, subject: str) -> str:
    """Return what the audit keeps of an identity: the first 16 digits of its sha256.

    Two links can be told apart by it, and one that is known recognised; the subject, which may be a
    mail address, does not stand there. The page of the account shows the same digits.
    """
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:16]

"""Adding, changing and retiring accounts, and giving a person other secrets.

Each act is one transaction with its row in the audit. What a person proves an account with is
returned once, by the act that makes it, and kept only as a hash. Nobody changes the own role or
retires the own account, so there is always another person who saw it, and the last account that
manages accounts stays. What would let another person decide in the place of the only approver is
done at the server alone: see `hub.operations.users.only_approver`.

`own` is the account of the person who decides, "" for none. It stands beside each secret that it
gave, and beside the account until another approver confirmed the person: see
`hub.operations.users.confirming`.
"""

from dataclasses import dataclass, field

from hub.operations.signed_by import SignedBy
from hub.operations.users.confirming import introduce
from hub.operations.users.only_approver import (
    refuse_for_the_only_approver,
    refuse_the_first_approver,
)
from hub.operations.users.refused import UserNotDone
from hub.records.registers import procedures
from hub.rules.users import keys, one_time_codes, passwords
from hub.rules.users.rights import Right, UserRole
from hub.rules.users.sign_in import account_of
from hub.rules.users.user import User, UserChange, checked, differences
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.users import accounts, devices, recovery_codes, sessions, sign_in_failures
from hub.store.users import keys as kept_keys
from hub.store.users.accounts import UserAccount
from hub.texts import both


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSecrets:
    """What a person was just given, to be shown once."""

    password: str = field(default="", repr=False)
    code_address: str = field(default="", repr=False)
    """The `otpauth:` address for the person's device."""
    recovery_codes: tuple[str, ...] = field(default=(), repr=False)
    key: str = field(default="", repr=False)


def add(
    store: Store,
    user: User,
    *,
    code_key: bytes,
    password: str = "",
    with_key: bool,
    own: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> UserSecrets:
    """Add an account; `password`: the one that it begins with, "" has one made.

    `code_key`: content of the key file; `with_key`: whether a key for the command line is made;
    `at_server`: False for a person at a browser. Raises NotAUser, WeakPassword and UserNotDone.
    """
    user = checked(user, known_sectors=known_sectors())
    password = password or passwords.made(user.name)
    passwords.require_strong(password, name=user.name)
    hashed, salt = passwords.hashed(password), one_time_codes.fresh_salt()
    with store.write() as tx:
        accounts.lock_all(tx)
        if Right.USERS not in user.rights and not accounts.are_there(tx):
            raise UserNotDone(both("users.first_manages", role=UserRole.OPERATOR.value))
        if not at_server:
            refuse_the_first_approver(tx, user)
        if not accounts.add(tx, user, password=hashed, code_salt=salt, now=by["now"], by=own):
            raise UserNotDone(both("users.name_taken", name=user.name))
        introduce(tx, user, own, at_server=at_server)
        codes = _fresh_recovery_codes(tx, user.name)
        key = _fresh_key(tx, user.name, own, by) if with_key else ""
        audit.record(tx, action="users.add", object=f"{user.name} {user.role}", **by)
    secret = one_time_codes.secret_of(user.name, salt, key=code_key)
    return UserSecrets(
        password=password,
        code_address=one_time_codes.address_of(user.name, secret),
        recovery_codes=codes,
        key=key,
    )


def change(
    store: Store,
    name: str,
    *,
    change: UserChange,
    own: str,
    expected: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> User:
    """Change what a user is; a person with another role signs in anew.

    `expected`: the version of the account that the person saw, "" for any; `at_server`: False for
    a person at a browser. Raises NotAUser and UserNotDone.
    """
    with store.write() as tx:
        accounts.lock_all(tx)
        before = require_active(tx, name, expected).user
        after = change.of(before, known_sectors=known_sectors())
        what = differences(before, after)
        if not what:
            raise UserNotDone(both("users.nothing_changes", name=name))
        narrower = (before.role, before.sectors) != (after.role, after.sectors)
        if narrower and name == own:
            raise UserNotDone(both("users.own_account"))
        if Right.USERS not in after.rights:
            require_another_manager(tx, before)
        if Right.APPROVE not in after.rights and not at_server:
            refuse_for_the_only_approver(tx, name)
        gains = Right.APPROVE in after.rights - before.rights
        if gains and not at_server:
            refuse_the_first_approver(tx, after)
        accounts.change(tx, after)
        if gains:
            introduce(tx, after, own, at_server=at_server)
        if narrower:
            sessions.end_all(tx, name)
        audit.record(tx, action="users.change", object=f"{name} {what}", **by)
    return after


def retire(
    store: Store,
    name: str,
    *,
    own: str,
    expected: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> None:
    """Retire an account: its sessions, its key and its browsers end. Raises UserNotDone.

    `expected`, `at_server`: as for `change`.
    """
    with store.write() as tx:
        accounts.lock_all(tx)
        user = require_active(tx, name, expected).user
        if name == own:
            raise UserNotDone(both("users.own_account"))
        require_another_manager(tx, user)
        if not at_server:
            refuse_for_the_only_approver(tx, name)
        accounts.retire(tx, name, now=by["now"])
        _end_all(tx, name)
        audit.record(tx, action="users.retire", object=name, **by)


def reset_codes(
    store: Store,
    name: str,
    *,
    code_key: bytes,
    own: str = "",
    expected: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> UserSecrets:
    """Give a person's device another secret, and other recovery codes.

    Sessions, key and known browsers end, and no wrong attempt is counted any more. `at_server`: as
    for `change`. Raises UserNotDone.
    """
    salt = one_time_codes.fresh_salt()
    with store.write() as tx:
        accounts.lock_all(tx)
        user = require_active(tx, name, expected).user
        accounts.set_code_salt(tx, name, salt, by=own)
        introduce(tx, user, own, at_server=at_server)
        codes = _fresh_recovery_codes(tx, name)
        _end_all(tx, name)
        audit.record(tx, action="users.reset_codes", object=name, **by)
    secret = one_time_codes.secret_of(name, salt, key=code_key)
    address = one_time_codes.address_of(name, secret)
    return UserSecrets(code_address=address, recovery_codes=codes)


def reset_password(
    store: Store,
    name: str,
    *,
    own: str = "",
    expected: str = "",
    at_server: bool = True,
    by: SignedBy,
) -> UserSecrets:
    """Give a person another password, to be changed at the next sign-in.

    Sessions, key and known browsers end, and no wrong attempt is counted any more. `expected`,
    `at_server`: as for `change`. Raises UserNotDone.
    """
    password = passwords.made(name)
    hashed = passwords.hashed(password)
    with store.write() as tx:
        accounts.lock_all(tx)
        user = require_active(tx, name, expected).user
        if not at_server:
            refuse_for_the_only_approver(tx, name)
        accounts.set_password(tx, name, hashed, given=True, now=by["now"], by=own)
        introduce(tx, user, own, at_server=at_server)
        _end_all(tx, name)
        audit.record(tx, action="users.reset_password", object=name, **by)
    return UserSecrets(password=password)


def issue_key(store: Store, name: str, *, own: str = "", by: SignedBy) -> UserSecrets:
    """Give a person another key for the command line; the old one ends. Raises UserNotDone."""
    with store.write() as tx:
        require_active(tx, name)
        key = _fresh_key(tx, name, own, by)
        audit.record(tx, action="users.issue_key", object=name, **by)
    return UserSecrets(key=key)


def end_session(store: Store, name: str, *, id: str = "", by: SignedBy) -> int:
    """End one session of a person, or with no id all; return how many. Raises UserNotDone."""
    with store.write() as tx:
        require_active(tx, name)
        if id and not sessions.end(tx, id, user=name):
            raise UserNotDone(both("users.no_such_session", name=name, session=repr(id)))
        count = 1 if id else sessions.end_all(tx, name)
        audit.record(tx, action="users.end_session", object=f"{name} {id}".strip(), **by)
    return count


def require_active(tx: Tx, name: str, expected: str = "") -> UserAccount:
    """Return an account that is not retired, its row locked. Raises UserNotDone.

    `expected`: the version that the person saw, "" for any.
    """
    known = require_known(tx, name, expected)
    if known.retired_at is not None:
        raise UserNotDone(both("users.is_retired", name=name))
    return known


def require_known(tx: Tx, name: str, expected: str = "") -> UserAccount:
    """Return an account as `require_active` does; a retired one, too. Raises UserNotDone."""
    known = accounts.locked(tx, name)
    if known is None:
        raise UserNotDone(both("users.unknown", name=repr(name)))
    if expected not in ("", known.version):
        raise UserNotDone(both("users.changed_meanwhile", name=name))
    return known


def known_sectors() -> frozenset[str]:
    """Return the codes of the ward's sectors."""
    return frozenset(procedures.load().sectors)


def require_another_manager(tx: Tx, user: User) -> None:
    """Raise UserNotDone where no other account would manage accounts without this one."""
    if Right.USERS not in user.rights:
        return
    others = (it for it in accounts.all_of(tx) if it.is_active)
    if not any(it.user.name != user.name and Right.USERS in it.user.rights for it in others):
        raise UserNotDone(both("users.last_manager", name=user.name))


def _fresh_recovery_codes(tx: Tx, name: str) -> tuple[str, ...]:
    codes = tuple(one_time_codes.fresh_recovery_codes())
    digests = [one_time_codes.recovery_digest(name, code) for code in codes]
    recovery_codes.replace(tx, name, digests)
    return codes


def _end_all(tx: Tx, name: str) -> None:
    """End what was opened with the former secrets: they open nothing any more."""
    sessions.end_all(tx, name)
    devices.forget_all(tx, name)
    kept_keys.remove(tx, name)
    sign_in_failures.forget_account(tx, account_of(name))


def _fresh_key(tx: Tx, name: str, own: str, by: SignedBy) -> str:
    key, ends_at = keys.fresh_key(), by["now"] + keys.KEY_LASTS
    kept_keys.replace(tx, name, keys.digest(key), ends_at=ends_at, now=by["now"], by=own)
    return key

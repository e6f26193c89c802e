"""Accounts of made-up persons for tests."""

from collections.abc import Collection
from datetime import datetime

import pyotp

from hub.rules.users import one_time_codes, passwords
from hub.rules.users.rights import UserRole
from hub.rules.users.user import User
from hub.store.engine.store import Store
from hub.store.users import accounts

PASSWORD = "bảy con cò trắng"
SECTOR = "G13-TN02"
CODE_KEY = b"a key of tests, which is no secret"


def user(
    name: str = "binh", *, role: UserRole = UserRole.OPERATOR, sectors: Collection[str] = ()
) -> User:
    """Return a user; an officer without sectors has the one of land."""
    given = sectors or ([SECTOR] if role is UserRole.OFFICER else ())
    return User(name=name, full_name="Trần Thị Bình", role=role, sectors=frozenset(given))


def add_user(
    store: Store,
    name: str = "binh",
    *,
    role: UserRole = UserRole.OPERATOR,
    password: str = "",
    now: datetime,
) -> User:
    """Add an account; with a password it is the person's own, without nobody can sign in."""
    given, salt = user(name, role=role), one_time_codes.fresh_salt()
    with store.write() as tx:
        assert accounts.add(tx, given, password="", code_salt=salt, now=now)
        if password:
            kept = passwords.hashed(password)
            accounts.set_password(tx, name, kept, given=False, now=now)
    return given


def code_of(store: Store, name: str, at: datetime) -> str:
    """Return what the person's device shows at a time."""
    with store.read() as tx:
        account = accounts.named(tx, name)
    assert account
    secret = one_time_codes.secret_of(name, account.code_salt, key=CODE_KEY)
    return pyotp.TOTP(secret).at(at)

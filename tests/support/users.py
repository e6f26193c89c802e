"""Accounts of made-up persons for tests."""

from collections.abc import Collection
from datetime import datetime

from hub.rules.users import one_time_codes
from hub.rules.users.rights import UserRole
from hub.rules.users.user import User
from hub.store.engine.store import Store
from hub.store.users import accounts

PASSWORD = "bảy con cò trắng"
SECTOR = "G13-TN02"


def user(
    name: str = "binh", *, role: UserRole = UserRole.OPERATOR, sectors: Collection[str] = ()
) -> User:
    """Return a user; an officer without sectors has the one of land."""
    given = sectors or ([SECTOR] if role is UserRole.OFFICER else ())
    return User(name=name, full_name="Trần Thị Bình", role=role, sectors=frozenset(given))


def add_user(
    store: Store, name: str = "binh", *, role: UserRole = UserRole.OPERATOR, now: datetime
) -> User:
    """Add an account whose password nobody can type."""
    given = user(name, role=role)
    with store.write() as tx:
        salt = one_time_codes.fresh_salt()
        assert accounts.add(tx, given, password="", code_salt=salt, now=now)
    return given

"""Who acts at the command line, once there are accounts: the person of a key, by that one's rights.

Until the first account is added a command is signed with the name that the person gives, as before.
"""

import hmac
from datetime import datetime

from hub.rules.users import keys
from hub.rules.users.permission import may
from hub.rules.users.rights import Right
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.user import User
from hub.store.engine.store import Store
from hub.store.evidence import audit
from hub.store.users import accounts
from hub.store.users import keys as kept_keys
from hub.texts import Explained, both


class NotAllowed(Explained):
    """The person is not proven, or may not do that; `text` says what to do."""


def are_needed(store: Store) -> bool:
    """Return whether commands need a key: whether there is an account."""
    with store.read() as tx:
        return accounts.are_there(tx)


def person(
    store: Store, name: str, key: str, *, right: Right, thing: Thing = WHOLE, now: datetime
) -> User:
    """Return the user whose key it is, and who has the right over the thing.

    Each refusal of a known account stands in the audit. Raises NotAllowed.
    """
    with store.read() as tx:
        account = accounts.named(tx, name)
        kept = kept_keys.of_user(tx, name)
    if account is None:
        raise NotAllowed(both("users.key_refused", name=repr(name)))
    live = kept is not None and now < kept.ends_at and account.is_active
    shown = keys.digest(key)
    if kept is None or not live or not hmac.compare_digest(kept.digest, shown):
        _refused(store, account.user, "users.key", now)
        raise NotAllowed(both("users.key_refused", name=repr(name)))
    if not may(account.user, right, thing):
        _refused(store, account.user, f"users.right.{right}", now)
        raise NotAllowed(both("users.lacks_right", name=name, right=right.text))
    with store.write() as tx:
        kept_keys.used(tx, name, now=now)
    return account.user


def _refused(store: Store, user: User, action: str, now: datetime) -> None:
    with store.write() as tx:
        audit.record(tx, user.actor, action, object=user.name, allowed=False, now=now)

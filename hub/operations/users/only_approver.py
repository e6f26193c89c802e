"""What a person at a browser may not do to the only approver of an installation.

An approver whom another person reset is confirmed by a further approver (`confirming`). Nobody can
confirm the only one. A person who gave that account a password, having given it codes before, could
sign in as the approver and be both persons of a proposal. So could one who retired the approver and
added another account in that place. These acts are left to the command line: to reach it takes the
server, and with the server the database itself.
"""

from hub.operations.users.refused import UserNotDone
from hub.rules.users.rights import Right
from hub.store.engine.store import Tx
from hub.store.users import accounts
from hub.store.users.accounts import UserAccount
from hub.texts import both


def refuse_for_the_only_approver(tx: Tx, name: str) -> None:
    """Raise UserNotDone where no other confirmed account approves.

    A locked account counts: it is confirmed, and confirms again once it is unlocked. Trap: of two
    that act at once each must see the other: the caller has called `lock_all`.
    """
    approvers = {it.user.name for it in accounts.all_of(tx) if _approves(it)}
    if approvers == {name}:
        raise UserNotDone(both("users.only_approver", name=name))


def _approves(account: UserAccount) -> bool:
    is_there = account.retired_at is None and Right.APPROVE in account.user.rights
    return is_there and not account.introduced_by

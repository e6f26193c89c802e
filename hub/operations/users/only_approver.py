"""What a person at a browser may not do while nobody could confirm an approver.

An approver whom another person reset is confirmed by a further approver (`confirming`). Nobody can
confirm the only one. A person who gave that account a password, having given it codes before, could
sign in as the approver and be both persons of a proposal. So could one who retired the approver and
added another account in that place, or who adds the first approver there is. These acts are left to
the command line: to reach it takes the server, and with the server the database itself.
"""

from hub.operations.users.refused import UserNotDone
from hub.rules.users.rights import Right
from hub.rules.users.user import User
from hub.store.engine.store import Tx
from hub.store.users import accounts
from hub.store.users.accounts import UserAccount
from hub.texts import both


def refuse_for_the_only_approver(tx: Tx, name: str) -> None:
    """Raise UserNotDone where no other confirmed account approves.

    A locked account counts: it is confirmed, and confirms again once it is unlocked. Trap: of two
    that act at once each must see the other: the caller has called `lock_all`.
    """
    if confirmed_approvers(tx) == {name}:
        raise UserNotDone(both("users.only_approver", name=name))


def refuse_the_first_approver(tx: Tx, user: User) -> None:
    """Raise UserNotDone where a user would approve and nobody could confirm the person.

    Trap: as above.
    """
    if Right.APPROVE in user.rights and not confirmed_approvers(tx):
        raise UserNotDone(both("users.first_approver", name=user.name, role=user.role.value))


def confirmed_approvers(tx: Tx) -> set[str]:
    """Return the accounts that approve and wait for no confirmation, locked ones included."""
    found = accounts.all_of(tx)
    return {it.user.name for it in found if may_approve(it) and not it.introduced_by}


def may_approve(account: UserAccount) -> bool:
    """Tell whether an account is in use and has the right to approve, confirmed or not."""
    return account.retired_at is None and Right.APPROVE in account.user.rights

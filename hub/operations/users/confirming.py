"""Confirming a person whose account another person gave or reset; until then it approves nothing.

A person who adds an account, or resets one, can sign in with it before its owner does, choose the
password and be both persons of a proposal. A password of the account's own proves nothing, then:
another approver has to say that the account is in the right hands. The first approver has nobody
who could, and needs nobody: that account is made at the server.
"""

from collections.abc import Sequence

from hub.operations.signed_by import SignedBy
from hub.operations.users.only_approver import confirmed_approvers, may_approve
from hub.operations.users.refused import UserNotDone
from hub.rules.users.rights import Right
from hub.rules.users.user import User
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.users import accounts, keys
from hub.store.users.accounts import UserAccount
from hub.texts import Text, both


def introduce(tx: Tx, user: User, own: str, *, at_server: bool) -> None:
    """Keep that the account `own` gave a person account, secrets or the right to approve.

    Where no other approver could confirm the person, the server does; a browser leaves it as it is.

    Trap: of two that introduce at once each must see the other: the caller has called `lock_all`.
    """
    if not own:
        return
    alone = Right.APPROVE in user.rights and not confirmed_approvers(tx) - {user.name}
    if at_server or not alone:
        accounts.introduce(tx, user.name, by="" if alone else own)


def to_confirm(store: Store, who: Visitor) -> Sequence[UserAccount]:
    """Return the approvers' accounts that wait for a confirmation that the visitor may give."""
    if Right.APPROVE not in who.rights:
        return []
    with store.read() as tx:
        found = accounts.all_of(tx)
    return [it for it in found if waits_for_confirmation(it) and it.user.name != who.name]


def confirm(store: Store, name: str, *, own: str, expected: str = "", by: SignedBy) -> None:
    """Confirm that the person has the account in the own hands; `own`: the approver's account.

    `expected`: the version of the account that the approver saw, "" for any. Raises UserNotDone.
    """
    with store.write() as tx:
        accounts.lock_all(tx)
        there = {it: accounts.locked(tx, it) for it in sorted({own, name})}
        subject, approver = there[name], there[own]
        if subject is None or subject.retired_at is not None:
            raise UserNotDone(both("users.unknown", name=repr(name)))
        if expected not in ("", subject.version):
            raise UserNotDone(both("users.changed_meanwhile", name=name))
        if approver is None or approver.retired_at is not None:
            raise UserNotDone(both("users.unknown", name=repr(own)))
        if name == own or Right.APPROVE not in approver.user.rights:
            raise UserNotDone(both("users.may_not_confirm"))
        why = objection(tx, own)
        if why is not None:
            raise UserNotDone(why)
        if not subject.introduced_by:
            raise UserNotDone(both("users.is_confirmed", name=name))
        if subject.password_given:
            raise UserNotDone(both("users.own_password_first", name=name))
        accounts.introduce(tx, name, by="")
        audit.record(tx, action="users.confirm", object=name, **by)


def objection(tx: Tx, name: str) -> Text | None:
    """Return why somebody else may have the account of an approver in hand; None where nobody may.

    Whose secrets they are does not matter: who manages accounts has several names.
    """
    account, key = accounts.named(tx, name), keys.of_user(tx, name)
    if account is None:
        return both("users.unknown", name=repr(name))
    if account.introduced_by:
        return both("users.not_confirmed", name=name, giver=account.introduced_by)
    given_by = {account.password_by, account.codes_by, key.issued_by if key else ""}
    givers = sorted(given_by - {"", name})
    return both("users.given_by_another", name=givers[0]) if givers else None


def account_state(account: UserAccount) -> Text:
    """Return in a few words whether an account opens anything, and whether it approves."""
    if account.retired_at is not None:
        return both("users.is_retired_mark")
    if account.locked_at is not None:
        return both("users.is_locked_mark")
    waits = waits_for_confirmation(account)
    return both("users.is_unconfirmed_mark") if waits else both("users.is_active_mark")


def waits_for_confirmation(account: UserAccount) -> bool:
    """Tell whether an account that may approve has to be confirmed first."""
    return may_approve(account) and bool(account.introduced_by)

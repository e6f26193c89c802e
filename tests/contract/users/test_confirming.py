"""Confirming accounts on both databases: the person who gave one is never its second person."""

from collections.abc import Callable, Mapping

import pytest

from hub.operations.approvals import deciding
from hub.operations.approvals.keeping import ProposalNotDone
from hub.operations.approvals.terms import CancelTerms, of_cancel
from hub.operations.signed_by import SignedBy
from hub.operations.users import access, confirming
from hub.operations.users import accounts as users
from hub.operations.users.refused import UserNotDone
from hub.rules.users.approvals import ApprovalState, ApprovalVerb
from hub.rules.users.rights import UserRole
from hub.rules.users.user import UserChange
from hub.rules.users.visitor import Visitor
from hub.store.engine.store import Store
from hub.store.users import accounts
from tests.support.console import dead
from tests.support.users import CODE_KEY, add_user, user
from tests.support.works import now, step

BY: SignedBy = {"actor": "a test", "reason": "a test", "now": now()}
Persons = Mapping[str, Visitor]


@pytest.fixture
def persons(store: Store) -> Persons:
    """An operator and a head that is nobody else's, and delivery 1, which is dead."""
    with store.write() as tx:
        assert dead(tx, step(1, 1)) == 1
    roles = {"operator": UserRole.OPERATOR, "head": UserRole.HEAD}
    return {
        name: add_user(store, name, role=role, now=now()).visitor for name, role in roles.items()
    }


def add(store: Store, name: str, role: UserRole, *, own: str = "operator") -> Visitor:
    """Have an account added by another, and its password changed by the person with the first."""
    given = user(name, role=role)
    users.add(store, given, code_key=CODE_KEY, with_key=False, own=own, by=BY)
    choose_password(store, name)
    return given.visitor


def choose_password(store: Store, name: str) -> None:
    """Do as the console does for a person who is signed in."""
    with store.write() as tx:
        accounts.set_password(tx, name, "a hash", given=False, now=now())


def propose(store: Store, who: Visitor) -> int:
    """Propose to cancel delivery 1."""
    verb, terms = ApprovalVerb.CANCEL, of_cancel(CancelTerms())
    return deciding.propose(store, verb, 1, expected="dead", terms=terms, who=who, by=BY)


def test_an_account_that_the_proposer_made_approves_after_another_approver_confirmed_it(
    store: Store, persons: Persons
) -> None:
    """Its own password is not enough: the proposer can choose it."""
    number = propose(store, persons["operator"])
    second = add(store, "second", UserRole.HEAD)
    with pytest.raises(ProposalNotDone, match="hub users confirm second"):
        deciding.approve(store, number, who=second, by=BY)
    confirming.confirm(store, "second", own="head", by=BY)
    assert deciding.approve(store, number, who=second, by=BY).state is ApprovalState.DONE


@pytest.mark.usefixtures("persons")
def test_a_second_name_of_the_giver_changes_nothing(store: Store) -> None:
    """Proposed under one made account, approved under another one."""
    number = propose(store, add(store, "other", UserRole.OPERATOR))
    second = add(store, "second", UserRole.HEAD, own="other")
    with pytest.raises(ProposalNotDone, match="hub users confirm second"):
        deciding.approve(store, number, who=second, by=BY)


@pytest.mark.parametrize("reset", ["password", "codes", "role"])
def test_a_reset_or_a_new_role_of_an_approver_needs_a_confirmation(
    store: Store, persons: Persons, reset: str
) -> None:
    """The person who resets an account, or promotes one, can have its secrets."""
    number = propose(store, persons["operator"])
    role = UserRole.AUDITOR if reset == "role" else UserRole.DEPUTY
    add_user(store, "second", role=role, now=now())
    if reset == "password":
        users.reset_password(store, "second", own="operator", by=BY)
    elif reset == "codes":
        users.reset_codes(store, "second", code_key=CODE_KEY, own="operator", by=BY)
    else:
        change = UserChange(role=UserRole.DEPUTY)
        users.change(store, "second", change=change, own="operator", by=BY)
    choose_password(store, "second")
    second = user("second", role=UserRole.DEPUTY).visitor
    with pytest.raises(ProposalNotDone, match="hub users confirm second"):
        deciding.approve(store, number, who=second, by=BY)


@pytest.mark.usefixtures("persons")
@pytest.mark.parametrize("own", ["operator", "second", "third", "head", ""])
def test_only_another_approver_in_the_own_hands_confirms(store: Store, own: str) -> None:
    """Not the giver, the account itself, another one of the giver, or a key from the giver."""
    add(store, "second", UserRole.HEAD)
    add(store, "third", UserRole.HEAD)
    users.issue_key(store, "head", own="operator", by=BY)
    with pytest.raises(UserNotDone):
        confirming.confirm(store, "second", own=own, by=BY)
    users.issue_key(store, "head", own="head", by=BY)
    confirming.confirm(store, "second", own="head", by=BY)


@pytest.mark.usefixtures("persons")
def test_an_account_whose_password_is_given_is_not_confirmed(store: Store) -> None:
    """Else its giver could sign in with it after the confirmation."""
    given = user("second", role=UserRole.HEAD)
    users.add(store, given, code_key=CODE_KEY, with_key=False, own="operator", by=BY)
    with pytest.raises(UserNotDone, match="has not chosen a password"):
        confirming.confirm(store, "second", own="head", by=BY)


def test_the_only_approver_needs_no_confirmation(store: Store) -> None:
    """Nobody could give one: a ward's first head approves with a password of the own."""
    with store.write() as tx:
        assert dead(tx, step(1, 1)) == 1
    operator = add_user(store, "operator", now=now()).visitor
    number = propose(store, operator)
    head = add(store, "head", UserRole.HEAD)
    assert deciding.approve(store, number, who=head, by=BY).state is ApprovalState.DONE


def reset_password(store: Store, *, at_server: bool) -> None:
    """Have the operator give the second person another password."""
    users.reset_password(store, "second", own="operator", at_server=at_server, by=BY)


def reset_codes(store: Store, *, at_server: bool) -> None:
    """Have the operator give the second person other codes."""
    own = "operator"
    users.reset_codes(store, "second", code_key=CODE_KEY, own=own, at_server=at_server, by=BY)


def link(store: Store, *, at_server: bool) -> None:
    """Have the operator link the second person to an identity."""
    own, issuer, subject = "operator", "https://id.example", f"{at_server}"
    access.link(
        store, "second", issuer=issuer, subject=subject, own=own, at_server=at_server, by=BY
    )


@pytest.mark.parametrize("act", [reset_password, reset_codes, link])
def test_a_browser_confirms_nobody_where_no_approver_is_left(
    store: Store, act: Callable[..., None]
) -> None:
    """Else a reset would confirm the account that the same operator had made; the server does."""
    add_user(store, "operator", now=now())
    for name in ("second", "third"):
        add_user(store, name, role=UserRole.HEAD, now=now())
        with store.write() as tx:
            accounts.introduce(tx, name, by="operator")
    found = []
    for at_server in (False, True):
        act(store, at_server=at_server)
        with store.read() as tx:
            account = accounts.named(tx, "second")
        assert account
        found.append(account.introduced_by)
    assert found == ["operator", ""]


def test_who_links_the_only_approver_is_not_the_second_person(
    store: Store, persons: Persons
) -> None:
    """Nobody could confirm the person, and an identity may stand for password and code."""
    number, head = propose(store, persons["operator"]), persons["head"]
    access.link(store, "head", issuer="https://id.example", subject="1", own="operator", by=BY)
    with pytest.raises(ProposalNotDone, match="the linked identity"):
        deciding.approve(store, number, who=head, by=BY)
    access.unlink(store, "head", by=BY)
    with pytest.raises(ProposalNotDone, match="operator gave"):
        deciding.approve(store, number, who=head, by=BY)
    choose_password(store, "head")
    assert deciding.approve(store, number, who=head, by=BY).state is ApprovalState.DONE

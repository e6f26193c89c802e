"""Locking and linking accounts on both databases: what they open, who may, and what stays."""

from collections.abc import Callable

import pytest

from hub.operations.signed_by import SignedBy
from hub.operations.users import access, signing_in
from hub.operations.users import accounts as operations
from hub.operations.users.command_line import NotAllowed, person
from hub.operations.users.opening import Browser, OpenedSession
from hub.operations.users.refused import UserNotDone
from hub.operations.users.signing_in import SignInRefused
from hub.rules.users.rights import Right, UserRole
from hub.store.engine.store import Store
from hub.store.users import accounts, sessions
from hub.store.users.accounts import UserAccount
from tests.support.users import CODE_KEY, PASSWORD, add_user, code_of
from tests.support.works import now

ISSUER = "https://id.example"
HOME = Browser(address="10.1.2.3")


def by() -> SignedBy:
    """Sign an act of a test."""
    return {"actor": "Lê Văn An (account an)", "reason": "a test", "now": now()}


def kept(store: Store, name: str) -> UserAccount:
    """Return an account."""
    with store.read() as tx:
        found = accounts.named(tx, name)
    assert found
    return found


@pytest.fixture
def two(store: Store) -> Store:
    """A store in which An and Bình manage accounts, and Chi is an officer."""
    add_user(store, "an", now=now())
    add_user(store, "binh", password=PASSWORD, now=now())
    add_user(store, "chi", role=UserRole.OFFICER, now=now())
    return store


def sign_in(store: Store) -> OpenedSession:
    """Sign Bình in."""
    at = now()
    opened = signing_in.check_password(store, "binh", PASSWORD, browser=HOME, now=at)
    code = code_of(store, "binh", at)
    return signing_in.check_code(
        store, opened.token, code, browser=HOME, code_key=lambda: CODE_KEY, now=at
    )


def test_a_locked_account_opens_nothing_until_it_is_unlocked(two: Store) -> None:
    """Session, password and key; afterwards all of them again, with the same secrets."""
    key = operations.issue_key(two, "binh", by=by()).key
    token = sign_in(two).token
    assert signing_in.signed_in(two, token, now=now())
    access.lock(two, "binh", own="an", by=by())
    assert signing_in.signed_in(two, token, now=now()) is None
    with pytest.raises(SignInRefused, match="locked"):
        sign_in(two)
    with pytest.raises(SignInRefused, match="wrong"):
        signing_in.check_password(two, "binh", "x" * 12, browser=HOME, now=now())
    with pytest.raises(NotAllowed):
        person(two, "binh", key, right=Right.ACT, now=now())
    access.unlock(two, "binh", own="an", by=by())
    assert kept(two, "binh").last_sign_in_at is not None
    assert person(two, "binh", key, right=Right.ACT, now=now()).name == "binh"


def test_a_session_does_not_live_through_a_lock_that_was_written_elsewhere(two: Store) -> None:
    """A row that another process left behind opens nothing, either."""
    token = sign_in(two).token
    with two.write() as tx:
        accounts.lock(tx, "binh", at=now())
    assert signing_in.signed_in(two, token, now=now()) is None


def refusals() -> dict[str, Callable[[Store], None]]:
    """Return acts that are refused, by what refuses them."""

    def twice(store: Store) -> None:
        access.lock(store, "chi", own="an", by=by())
        access.lock(store, "chi", own="an", by=by())

    def both_managers(store: Store) -> None:
        access.lock(store, "binh", own="an", by=by())
        access.lock(store, "an", own="chi", by=by())

    def taken(store: Store) -> None:
        for name in ("binh", "chi"):
            access.link(store, name, issuer=ISSUER, subject="1", own="an", by=by())

    def link(subject: str, issuer: str = ISSUER) -> Callable[[Store], None]:
        return lambda it: access.link(it, "chi", issuer=issuer, subject=subject, own="an", by=by())

    return {
        "own account": lambda it: access.lock(it, "an", own="an", by=by()),
        "locked already": twice,
        "last account": both_managers,
        "is not locked": lambda it: access.unlock(it, "chi", own="an", by=by()),
        "no identity provider": link("1", ""),
        "printable": link("a\nb"),
        "1 to 255": link(" "),
        "255": link("a" * 256),
        "linked to account binh": taken,
        "is linked to no": lambda it: access.unlink(it, "chi", by=by()),
        "Another person changed": lambda it: access.lock(
            it, "chi", own="an", expected="0" * 16, by=by()
        ),
    }


@pytest.mark.parametrize("why", refusals())
def test_what_may_not_be_is_refused_with_why(two: Store, why: str) -> None:
    """In words that say what to do."""
    with pytest.raises(UserNotDone) as refused:
        refusals()[why](two)
    assert why in refused.value.text.en


def test_a_linked_approver_has_to_be_confirmed_again(two: Store) -> None:
    """Whoever links could link an identity of the own, and be both persons of a proposal."""
    add_user(two, "dung", role=UserRole.HEAD, now=now())
    add_user(two, "em", role=UserRole.HEAD, now=now())
    access.link(two, "dung", issuer=ISSUER, subject="d", own="an", by=by())
    assert kept(two, "dung").introduced_by == "an"


def test_an_identity_opens_the_account_that_it_is_linked_to(two: Store) -> None:
    """A link ends what was open, another takes its place, and without it nothing is found."""
    token = sign_in(two).token
    access.link(two, "binh", issuer=ISSUER, subject="1", own="an", by=by())
    assert signing_in.signed_in(two, token, now=now()) is None
    access.link(two, "binh", issuer=ISSUER, subject="2", own="an", by=by())
    with two.read() as tx:
        assert accounts.linked(tx, ISSUER, "1") is None
        assert accounts.linked(tx, "https://other.example", "2") is None
        found = accounts.linked(tx, ISSUER, "2")
    assert found
    assert found.user.name == "binh"
    access.unlink(two, "binh", by=by())
    with two.read() as tx:
        assert accounts.linked(tx, ISSUER, "2") is None
        assert sessions.of_user(tx, "binh", now=now()) == []

"""Which person may do what: no right implies another, no scope reaches beyond itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.messages.partners import PARTNERS, PROVINCIAL, TOWN_CENTER
from hub.rules.users.permission import may, may_approve
from hub.rules.users.rights import RIGHTS_OF, Right, UserRole
from hub.rules.users.scope import WHOLE, Thing
from hub.rules.users.user import NotAUser, User, UserChange, checked, differences
from hub.texts import Language

SECTORS = ("G15-TP03", "G13-TN02", "G07-LĐ03")
LAND = Thing(sector="G13-TN02", partners=frozenset({PROVINCIAL, TOWN_CENTER}))
CERTIFICATION = Thing(sector="G15-TP03", partners=frozenset({PROVINCIAL}))

sets_of_sectors = st.frozensets(st.sampled_from(SECTORS))
things = st.builds(
    Thing,
    sector=st.sampled_from(("", *SECTORS)),
    partners=st.frozensets(st.sampled_from(sorted(PARTNERS))),
)


@st.composite
def users(draw: st.DrawFn) -> User:
    """Return a user that `checked` takes."""
    role = draw(st.sampled_from(UserRole))
    chosen = draw(st.frozensets(st.sampled_from(SECTORS), min_size=1))
    return user(role, *(chosen if role is UserRole.OFFICER else ()))


def user(role: UserRole, *sectors: str) -> User:
    """Return a user of a role."""
    given = User(name="binh", full_name="Trần Thị Bình", role=role, sectors=frozenset(sectors))
    return checked(given, known_sectors=SECTORS)


@given(users(), st.sampled_from(Right), things)
def test_no_thing_gives_a_right_that_the_role_has_not(
    who: User, right: Right, thing: Thing
) -> None:
    """A scope narrows rights, it never adds one."""
    if may(who, right, thing):
        assert right in RIGHTS_OF[who.role]


@given(users(), st.sampled_from(Right), things)
def test_the_visitor_may_exactly_what_the_user_may(who: User, right: Right, thing: Thing) -> None:
    """Pages ask the visitor, operations the user: one answer."""
    assert who.visitor.may(right, thing) == may(who, right, thing)


@given(sets_of_sectors, st.sampled_from(Right), things)
def test_more_sectors_never_take_a_right_away(
    sectors: frozenset[str], right: Right, thing: Thing
) -> None:
    """Permission grows with the scope."""
    fewer = replace(user(UserRole.OFFICER, *SECTORS), sectors=sectors)
    if may(fewer, right, thing):
        assert may(user(UserRole.OFFICER, *SECTORS), right, thing)


@given(st.sampled_from(SECTORS), st.sampled_from(Right), things)
def test_an_officer_reaches_no_thing_of_a_foreign_sector(
    sector: str, right: Right, thing: Thing
) -> None:
    """Nor what has no sector, whatever its partners are."""
    if thing.sector != sector:
        assert not may(user(UserRole.OFFICER, sector), right, thing)


@given(things, st.sampled_from(Right))
def test_the_staff_of_a_partner_reach_what_goes_to_that_partner_only(
    thing: Thing, right: Right
) -> None:
    """The town's IT sees land dossiers, not the ward's certifications."""
    if may(user(UserRole.TOWN_IT), right, thing):
        assert TOWN_CENTER in thing.partners
    if may(user(UserRole.PROVINCE_IT), right, thing):
        assert PROVINCIAL in thing.partners


@given(users(), users(), things)
def test_no_person_is_the_second_person_of_an_own_act(one: User, other: User, thing: Thing) -> None:
    """Two persons are two accounts, and the second has the right over that thing."""
    assert not may_approve(one, proposer=one.name, thing=thing)
    if may_approve(one, proposer=f"{other.name}2", thing=thing):
        assert may(one, Right.APPROVE, thing)


@pytest.mark.parametrize(
    ("role", "right", "thing", "allowed"),
    [
        (UserRole.HEAD, Right.APPROVE, CERTIFICATION, True),
        (UserRole.HEAD, Right.USERS, WHOLE, False),
        (UserRole.DEPUTY, Right.UNMASK, LAND, True),
        (UserRole.DEPUTY, Right.AUDIT, WHOLE, False),
        (UserRole.OPERATOR, Right.ACT, LAND, True),
        (UserRole.OPERATOR, Right.UNMASK, LAND, False),
        (UserRole.OPERATOR, Right.APPROVE, LAND, False),
        (UserRole.OPERATOR, Right.USERS, WHOLE, True),
        (UserRole.AUDITOR, Right.AUDIT, WHOLE, True),
        (UserRole.AUDITOR, Right.METADATA, LAND, False),
        (UserRole.TOWN_IT, Right.BODY, LAND, True),
        (UserRole.TOWN_IT, Right.ACT, LAND, False),
        (UserRole.TOWN_IT, Right.METADATA, CERTIFICATION, False),
    ],
)
def test_a_role_may_what_the_ward_gave_it(
    role: UserRole, right: Right, thing: Thing, allowed: bool
) -> None:
    """The table of roles, as the ward reads it."""
    assert may(user(role), right, thing) is allowed


def test_no_role_manages_accounts_and_approves() -> None:
    """Else one person could make the own second person."""
    assert not [
        role for role, rights in RIGHTS_OF.items() if {Right.USERS, Right.APPROVE} <= rights
    ]


def test_every_role_and_right_has_its_words() -> None:
    """In both languages."""
    for one in (*UserRole, *Right):
        assert one.text.vi
        assert one.text.en


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": "Bình"}, "Account name"),
        ({"name": "a" * 41}, "Account name"),
        ({"name": "a..b"}, "Account name"),
        ({"full_name": "binh"}, "full name"),
        ({"sectors": frozenset()}, "at least one sector"),
        ({"sectors": frozenset({"G99"})}, "no sector 'G99'"),
        ({"role": UserRole.HEAD}, "has no sectors"),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_the_reason(
    wrong: dict[str, object], named: str
) -> None:
    """Every problem is named."""
    officer = user(UserRole.OFFICER, "G13-TN02")
    with pytest.raises(NotAUser) as refused:
        checked(replace(officer, **wrong), known_sectors=SECTORS)  # type: ignore[arg-type]
    assert named in refused.value.text.en


def test_another_role_takes_an_officers_sectors_away() -> None:
    """The audit says what was and what is; a person's name does not stand there twice."""
    officer = user(UserRole.OFFICER, "G13-TN02")
    change = UserChange(role=UserRole.DEPUTY, language=Language.EN, full_name="Trần Thị  Bình An")
    deputy = change.of(officer, known_sectors=SECTORS)
    assert deputy.sectors == frozenset()
    assert deputy.full_name == "Trần Thị Bình An"
    assert differences(officer, deputy) == (
        "full_name; role officer -> deputy; sectors G13-TN02 -> none; language vi -> en"
    )


def test_the_audit_names_the_person_and_the_account() -> None:
    """As it names the user of the operating system for a command without an account."""
    assert user(UserRole.HEAD).actor == "Trần Thị Bình (account binh)"
    assert user(UserRole.HEAD).visitor.actor == user(UserRole.HEAD).actor

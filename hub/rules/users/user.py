"""What a user is: a person with an account. How the person proves it is in the store."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace

from hub.messages.partners import PROVINCIAL, TOWN_CENTER
from hub.rules.actors import NotNamed, signed
from hub.rules.users.rights import RIGHTS_OF, Right, UserRole
from hub.rules.users.scope import ALL, Scope
from hub.rules.users.visitor import Visitor
from hub.texts import Explained, Language, Text, both, joined

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*")
LONGEST_NAME = 40
_PARTNER_OF = {UserRole.TOWN_IT: TOWN_CENTER, UserRole.PROVINCE_IT: PROVINCIAL}


class NotAUser(Explained):
    """What was given of a user cannot be one; `text` lists every problem, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with an account: one role, and what its rights reach."""

    name: str
    """Name of the account, e.g. "binh"; it is never given to a second person."""
    full_name: str
    """The person's name, e.g. `Trần Thị Bình`."""
    role: UserRole
    sectors: frozenset[str] = frozenset()
    """Codes of the sectors of an officer; no other role has any."""
    language: Language = Language.VI

    @property
    def rights(self) -> frozenset[Right]:
        """What the role allows."""
        return RIGHTS_OF[self.role]

    @property
    def scope(self) -> Scope:
        """What the rights reach: an officer's sectors, a partner's own, else everything."""
        if self.role is UserRole.OFFICER:
            return Scope(sectors=self.sectors)
        if self.role in _PARTNER_OF:
            return Scope(partners=frozenset({_PARTNER_OF[self.role]}))
        return ALL

    @property
    def actor(self) -> str:
        """How the audit names the person, e.g. `Trần Thị Bình (account binh)`."""
        return signed(self.full_name, f"account {self.name}")

    @property
    def visitor(self) -> Visitor:
        """The person as the console's pages know it."""
        return Visitor(
            name=self.name,
            full_name=self.full_name,
            role=self.role,
            rights=self.rights,
            scope=self.scope,
            actor=self.actor,
            language=self.language,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What of a user is to be another; None leaves it as it is."""

    full_name: str | None = None
    role: UserRole | None = None
    sectors: frozenset[str] | None = None
    language: Language | None = None

    def of(self, user: User, *, known_sectors: Collection[str]) -> User:
        """Return the user as the person is afterwards; raises NotAUser.

        Another role than an officer's takes the sectors away.
        """
        given = {part.name: getattr(self, part.name) for part in fields(self)}
        changed = {name: value for name, value in given.items() if value is not None}
        if self.role not in (None, UserRole.OFFICER) and self.sectors is None:
            changed["sectors"] = frozenset()
        return checked(replace(user, **changed), known_sectors=known_sectors)


def differences(before: User, after: User) -> str:
    """Return what differs, for the audit: `role officer -> deputy`; "" for nothing.

    Of a person's name it says only that it differs.
    """
    found = []
    for part in fields(UserChange):
        old, new = (_shown(getattr(user, part.name)) for user in (before, after))
        if old != new:
            found.append("full_name" if part.name == "full_name" else f"{part.name} {old} -> {new}")
    return "; ".join(found)


def _shown(value: object) -> str:
    if isinstance(value, frozenset):
        return ",".join(sorted(value)) or "none"
    return str(value)


def checked(user: User, *, known_sectors: Collection[str]) -> User:
    """Return the user with the person's name in one writing; raises NotAUser."""
    problems: list[Text] = []
    full_name = user.full_name
    if len(user.name) > LONGEST_NAME or not _NAME.fullmatch(user.name):
        problems.append(both("users.bad_name", name=repr(user.name), longest=LONGEST_NAME))
    try:
        full_name = signed(user.full_name)
    except NotNamed:
        problems.append(both("users.bad_full_name"))
    known = ", ".join(sorted(known_sectors))
    if user.role is UserRole.OFFICER and not user.sectors:
        problems.append(both("users.no_sector", known=known))
    if user.role is not UserRole.OFFICER and user.sectors:
        problems.append(both("users.needless_sector", role=user.role.text))
    problems += [
        both("users.bad_sector", code=repr(code), known=known)
        for code in sorted(user.sectors - set(known_sectors))
    ]
    if problems:
        raise NotAUser(joined("\n", problems))
    return replace(user, full_name=full_name)

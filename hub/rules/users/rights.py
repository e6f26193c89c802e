"""What a person may be allowed, each by itself, and which of it every role has.

Rights do not imply one another: an auditor reads the audit and no dossier, the IT operator replays
a dossier and sees no name in it.
"""

from collections.abc import Mapping
from enum import StrEnum

from hub.texts import Text, both


class Right(StrEnum):
    """What is allowed by itself: no right brings another one with it."""

    METADATA = "metadata"
    """See dossier numbers, states, times, faults, queues, counts; no content."""
    BODY = "body"
    """See what is in messages, requests and replies, personal data masked."""
    UNMASK = "unmask"
    """See personal data, with a reason; the audit keeps each time."""
    ACT = "act"
    """Settle cases: replay, resolve, cancel, close a task, pause a partner."""
    APPROVE = "approve"
    """Be the second person of an act that needs two."""
    AUDIT = "audit"
    """Read the audit."""
    USERS = "users"
    """Manage the accounts of persons."""

    @property
    def text(self) -> Text:
        """What a person reads of it."""
        return both(f"users.right_{self.value}")


class UserRole(StrEnum):
    """What a person is in the ward, or for it."""

    HEAD = "head"
    DEPUTY = "deputy"
    OFFICER = "officer"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    TOWN_IT = "town-it"
    PROVINCE_IT = "province-it"

    @property
    def text(self) -> Text:
        """What a person reads of it."""
        return both(f"users.role_{self.value.replace('-', '_')}")


_SEE = frozenset({Right.METADATA, Right.BODY})
RIGHTS_OF: Mapping[UserRole, frozenset[Right]] = {
    UserRole.HEAD: _SEE | {Right.UNMASK, Right.ACT, Right.APPROVE, Right.AUDIT},
    UserRole.DEPUTY: _SEE | {Right.UNMASK, Right.ACT, Right.APPROVE},
    UserRole.OFFICER: _SEE | {Right.UNMASK, Right.ACT},
    UserRole.OPERATOR: _SEE | {Right.ACT, Right.USERS},
    UserRole.AUDITOR: frozenset({Right.AUDIT}),
    UserRole.TOWN_IT: _SEE,
    UserRole.PROVINCE_IT: _SEE,
}
"""The rights of each role. No role both manages accounts and approves: a person with both
rights would be the own second person by a second account."""

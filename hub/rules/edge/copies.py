"""What proves that the spool of an agent was copied, or restored from a backup. Pure.

A spool gives each number of a device to one event. So a new message under a used number comes from
a second spool with the same past, which also draws the same reception numbers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from hub.messages.local_time import LOCAL

CODE: Final = "agent_copied"
"""Why the hub refuses such an event, and the finding of the agent."""
MOST_KEPT: Final = 100
"""Proofs of an agent that are kept: the first ones, until it is enrolled anew."""


class CopyProof(Struct, frozen=True, kw_only=True):
    """One event that two machines cannot both have."""

    at: datetime
    device: str
    sequence: int
    message: str
    """Its id."""
    number: str = ""
    """The dossier in question, "" for none."""


def added(kept: Sequence[CopyProof], new: Sequence[CopyProof]) -> list[CopyProof]:
    """Return what is kept after further proofs came, each message once."""
    found = {it.message: it for it in (*kept, *new)}
    for it in kept:  # the first time counts
        found[it.message] = it
    return list(found.values())[:MOST_KEPT]


def described(proofs: Sequence[CopyProof]) -> str:
    """Return since when and which dossiers, at most 200 characters."""
    since = min(it.at for it in proofs).astimezone(LOCAL)
    things = dict.fromkeys(it.number or f"{it.device} {it.sequence}" for it in proofs)
    return f"{since:%H:%M %d/%m/%Y}: {', '.join(things)}"[:200]

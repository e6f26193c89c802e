"""A proof that a device works: a person does something at it, and the hub sees what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hub.texts import Text


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a proof, as a person reads it."""

    well: bool
    evidence: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRequest:
    """What a proof may use."""

    code: str
    """A fresh code, which no dossier has."""
    within: timedelta
    into: Path
    """Where pages that came are kept for the person."""


Proof = Callable[[ProofRequest], Seen]
"""Waits `within` at most. A device that fails is `Seen`, too; raises nothing of the device's."""

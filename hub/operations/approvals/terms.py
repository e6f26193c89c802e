"""What a cancellation needs besides its delivery, as a proposal keeps it: JSON, checked."""

from dataclasses import dataclass

import msgspec

from hub.operations.deliveries.cancellation import Papers


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTerms:
    """How a delivery is cancelled, see `hub.operations.deliveries.cancellation.cancel`."""

    neither: bool = False
    papers: Papers | None = None


def of_cancel(terms: CancelTerms) -> bytes:
    """Return the terms of a cancellation as they are kept."""
    return msgspec.json.encode(terms)


def read_cancel(kept: bytes) -> CancelTerms:
    """Return the terms of a cancellation."""
    return msgspec.json.decode(kept, type=CancelTerms)

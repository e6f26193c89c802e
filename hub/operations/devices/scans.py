"""A scan that a person orders: the audit says who wanted it, and what came of it.

First that it is wanted: paper goes through the feeder also where no page comes out of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.operations.signed_by import SignedBy
from hub.store.engine.store import Store
from hub.store.evidence import audit

WANTED: Final = "scanner.scan"
KEPT: Final = "scanner.scan_kept"


@dataclass(frozen=True, slots=True)
class ScannedStack:
    """A stack that lies in the hot folder."""

    place: Path
    pages: int


def scan_audited(
    store: Store, device: str, scan: Callable[[], ScannedStack], *, by: SignedBy
) -> ScannedStack:
    """Scan and return the stack; raises what `scan` raises, after the audit."""
    with store.write() as tx:
        audit.record(tx, action=WANTED, object=device, **by)
    done = scan()
    with store.write() as tx:
        audit.record(tx, action=KEPT, object=f"{done.place.name} {done.pages}", **by)
    return done

"""Defects that only interleaved transactions can show: the hub reads without a lock that it needs.

On SQLite, which lets one writer in after the other, the hub's statements are the same with and
without these locks, so the stories in memory cannot find them.
"""

from collections.abc import Callable, Sequence
from typing import Any
from unittest import mock

from hub.store.deliveries import transitions
from hub.store.evidence import chain
from hub.store.records import dossier_batches, dossiers
from hub.store.schema.tables.records import dossiers as _table
from hub.store.statements.compiled import Compiled, any_of

_OF_A_BATCH = dossiers.READ.where(any_of(_table.c.number, "numbers")).order_by(_table.c.number)
RACES: dict[str, Callable[[], Sequence[Any]]] = {
    "the head of a chain is read without a lock": lambda: [
        mock.patch.object(chain, "_LOCK", Compiled(chain._HEAD))
    ],
    "dossiers are read without a lock": lambda: [
        mock.patch.object(dossiers, "_GET", dossiers._READ),
        mock.patch.object(dossier_batches, "_ALL", Compiled(_OF_A_BATCH)),
    ],
    "lanes are not locked": lambda: [mock.patch.object(transitions, "lock_lanes")],
}
"""Name of the defect -> the patches that plant it."""

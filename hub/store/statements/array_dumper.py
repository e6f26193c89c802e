"""Tells PostgreSQL's driver of our arrays; apart from them: SQLite does without the driver."""

from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from hub.store.statements.arrays import KINDS, Array


class _Dumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj.data


def teach(line: "psycopg.Connection[Any]") -> None:
    """Have a line know arrays."""
    for kind in KINDS:
        dumper = type(kind.__name__, (_Dumper,), {"oid": kind.oid})
        line.adapters.register_dumper(kind, dumper)

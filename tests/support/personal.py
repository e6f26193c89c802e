"""Looks for personal data in what the hub wrote: files, texts, and every column of its tables."""

import json
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from hub.store.engine.store import Store

KEPT = {
    ("journal", "body"),
    ("outbox", "body"),
    ("dossiers", "applicant"),
    ("dossiers", "summary"),
}
"""Where personal data stands because it has to: in messages and in the ward's records."""


def found_in(text: bytes, private: Iterable[str]) -> set[str]:
    """Return which private texts stand in bytes, as UTF-8 or as JSON escapes."""
    return {
        one for one in private if one.encode() in text or json.dumps(one)[1:-1].encode() in text
    }


def files_with(directory: Path, private: Iterable[str]) -> set[str]:
    """Return the files below a directory that hold private texts, by their path there."""
    private = list(private)
    return {
        place.relative_to(directory).as_posix()
        for place in directory.rglob("*")
        if place.is_file() and found_in(place.read_bytes(), private)
    }


def tables_with(store: Store, private: Iterable[str]) -> set[tuple[str, str]]:
    """Return (table, column) where private texts stand."""
    private, found = list(private), set()
    with store.read() as tx:
        for table in sa.inspect(store.engine).get_table_names():
            for row in tx.execute(sa.text(f"SELECT * FROM {table}")).mappings():  # noqa: S608
                found |= {
                    (table, column)
                    for column, value in row.items()
                    if found_in(_bytes_of(value), private)
                }
    return found


def applicants(store: Store) -> set[str]:
    """Return names, identity numbers, phones and addresses of the applicants of a store."""
    with store.read() as tx:
        bodies = tx.exec_driver_sql("SELECT body FROM journal").scalars().all()
    people = [json.loads(body)["payload"].get("chuHoSo", {}) for body in bodies]
    fields = ("hoTen", "soGiayTo", "soDienThoai", "diaChi")
    return {person[name] for person in people for name in fields if person.get(name)}


def _bytes_of(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return str(value).encode()

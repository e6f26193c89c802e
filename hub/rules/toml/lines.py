"""On which line of a TOML text each key stands. tomllib reads the text, it only does not say where.

Statements are cut out by reading longer and longer pieces, so no second reader of TOML is needed:
a piece is a statement as soon as tomllib takes it. Only for a text that tomllib has read before.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]


def lines_of(text: str) -> dict[Path, int]:
    """Return the line (from 1) of every table and key; what stands in an inline table has its.

    What stands in the second `[[rule]]` is found as `("rule", 1, name)`, too.
    """
    found: dict[Path, int] = {}
    table: Path = ()
    numbered: Path = ()
    tables: Counter[Path] = Counter()
    piece, start = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        piece, start = piece + line, start or number
        try:
            read = tomllib.loads(piece)
        except tomllib.TOMLDecodeError:
            continue  # goes on in the next line
        if piece.lstrip().startswith("["):
            table = next(_paths(read), ())
            numbered = (*table, tables[table]) if piece.lstrip().startswith("[[") else table
            tables[table] += 1
            found.setdefault(table, start)
            found[numbered] = start
        else:
            for path in _paths(read):
                found[table + path] = found[numbered + path] = start
        piece, start = "", 0
    return found


def _paths(read: Any) -> Iterator[Path]:
    """Yield the path of every key, the deepest first."""
    if isinstance(read, list) and len(read) == 1:  # [[table]]
        read = read[0]
    if not isinstance(read, Mapping):
        return
    for name, value in read.items():
        for path in _paths(value):
            yield (name, *path)
        yield (name,)

"""An exception as a text that may be logged, stored and shown: no personal data, ever.

The words of a database error quote the values of a statement (its parameters, or the row that a
constraint refused), those of other libraries quote what they were given. So nothing of the words is
kept: only the class, the machine-readable codes, and where in our code it came from. With these an
engineer finds the cause; with the words anybody who may read a log would find a citizen.
"""

import errno
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

_ROOT = str(Path(__file__).parents[3]) + "/"
_OURS = ("hub/", "adapters/")
_CODE = re.compile(r"[a-z][a-z_]{2,39}|[0-9A-Z]{5}|SQLITE_[A-Z_]{2,40}")
"""Codes of our own, SQLSTATEs, names of SQLite's errors; nothing that a person could be called."""
DEEPEST = 3
"""How many exceptions of a chain, and how many places, are told."""


def describe_error(error: BaseException) -> str:
    """Return class and codes of an exception and of what caused it, and where it was raised.

    E.g. `IntegrityError gkpj < UniqueViolation 23505 at hub/store/repair/tasks.py:57`.
    """
    names = " < ".join(_name(one) for one in _chain(error))
    places = _places(error)
    return f"{names} at {', '.join(places)}" if places else names


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in seen and len(seen) < DEEPEST:
        yield following
        seen.append(following)
        driver = getattr(following, "orig", None)
        following = driver if isinstance(driver, BaseException) else following.__cause__


def _name(error: BaseException) -> str:
    codes = [getattr(error, name, None) for name in ("sqlstate", "sqlite_errorname", "code")]
    known = [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]
    if isinstance(error, ssl.SSLError):  # its number is OpenSSL's, not the system's
        reason = getattr(error, "reason", None)
        known += [reason] if reason else []
    elif isinstance(error, OSError) and error.errno:
        known.append(errno.errorcode.get(error.errno, str(error.errno)))
    return " ".join((type(error).__name__, *known[:1]))


def _places(error: BaseException) -> list[str]:
    """Return the innermost lines of our own code in the traceback, the last one first."""
    found: list[str] = []
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename.removeprefix(_ROOT)
        if file.startswith(_OURS):
            found.insert(0, f"{file}:{step.tb_lineno}")
        step = step.tb_next
    return found[:DEEPEST]

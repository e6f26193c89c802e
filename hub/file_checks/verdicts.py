"""What a parser says about a file that it cannot vouch for; known to the child process alone."""

from collections.abc import Callable
from typing import Any

from hub.file_checks.limits import MEMORY

BROKEN, LOCKED, ACTIVE, BOMB, TYPE = (
    "file_broken",
    "file_locked",
    "file_active",
    "file_bomb",
    "file_type_refused",
)


class Rejected(Exception):
    """A file must not be stored: a fault code, and the cause in technical words without data."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why


def outcome_of(parse: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a parse found, or {"code": ..., "why": ...} where the file is not proven."""
    try:
        return parse()
    except Rejected as rejected:
        return {"code": rejected.code, "why": rejected.why}
    except MemoryError:
        return {"code": BOMB, "why": f"needs more than {MEMORY} bytes of memory"}
    except RecursionError:
        return {"code": BOMB, "why": "nested too deeply"}
    except Exception as error:  # whatever a parser trips over, the file is not proven
        return {"code": BROKEN, "why": f"cannot be read ({type(error).__name__})"}

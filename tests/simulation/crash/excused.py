"""Errors that the story itself raises. A role may end with them, with no other one."""

from typing import TypeVar

ErrorT = TypeVar("ErrorT", bound=Exception)
_MARK = "of_the_story"


def excused(error: ErrorT) -> ErrorT:
    """Mark an error that the story raises: it is no defect of the hub."""
    setattr(error, _MARK, True)
    return error


def is_excused(error: BaseException) -> bool:
    """Tell whether the story has raised it."""
    return getattr(error, _MARK, False)


def require_excused(error: Exception) -> None:
    """Raise it again where the story has not raised it."""
    if not is_excused(error):
        raise error

"""What a command stands on and does not find, as a sentence: what, where, what to do.

For operators the technical cause without personal data stands below it. A fault of our own is none
of these: it is not explained, so its traceback is seen.
"""

import errno
import os
from dataclasses import dataclass

from hub.cli.output.answer import refuse
from hub.environment import load
from hub.ports import BrokerUnavailable
from hub.rules.failures.error_summary import describe_error
from hub.settings import SettingsError
from hub.store.engine.store import StoreUnavailable, is_away, is_damaged, is_forbidden, is_full
from hub.store.schema import revision
from hub.texts import text

WRONG, AWAY = 2, 3
"""Exit codes: settings or schema are wrong; something that the hub stands on is away."""
_DRILL = "hub.drill"
"""What only demo and tests need; it is not in the wheel."""
_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command ends, with its exit code."""

    code: int
    sentence: str
    cause: str = ""

    def show(self) -> None:
        """Print it."""
        refuse(self.sentence, cause=self.cause)


def explain(error: BaseException) -> Refusal | None:
    """Return what to print of an exception, None where it is a fault of our own."""
    if isinstance(error, revision.SchemaMismatch):
        return Refusal(WRONG, str(error.text))
    if isinstance(error, SettingsError):
        return Refusal(WRONG, text("unavailable.settings"), str(error))
    if isinstance(error, StoreUnavailable):
        return _database(error)
    if isinstance(error, BrokerUnavailable):
        return Refusal(AWAY, text("unavailable.broker"), str(error))
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith(_DRILL):
        return Refusal(WRONG, text("unavailable.source_tree"))
    return None


def _database(error: StoreUnavailable) -> Refusal | None:
    place = _place()
    if is_full(error):
        sentence = text("unavailable.disk_full", place=place)
    elif is_damaged(error):
        sentence = text("unavailable.database_damaged", place=place)
    elif is_away(error) or is_forbidden(error):
        sentence = text("unavailable.database", place=place)
    else:
        return None
    return Refusal(AWAY, sentence, describe_error(error))


def _system(error: OSError) -> Refusal | None:
    place = str(error.filename or "")
    if error.errno in _ROOM:
        sentence = text("unavailable.disk_full", place=place)
    elif error.errno in _RIGHTS:
        sentence = text("unavailable.rights", place=place, user=f"uid {os.geteuid()}")
    elif place:
        sentence = text("unavailable.file", place=place)
    else:
        return None
    return Refusal(AWAY, sentence, describe_error(error))


def _place() -> str:
    """Return where the database of the settings is, without its password."""
    try:
        return revision.place_of(load(os.environ).database)
    except SettingsError:
        return ""

"""The counter of an installation: its plan, and how its readers type."""

import re

from hub.bootstrap.files.toml_file import toml_text
from hub.rules.counter import plan
from hub.rules.counter.plan import CounterPlan
from hub.rules.toml.reading import TomlFileWrong
from hub.settings import Settings, SettingsError
from hub.texts import text
from hub.web.reader import ReaderKeys

_PREFIX = re.compile(r"[0-9A-Za-z.-]{0,8}", re.ASCII)


def counter_plan(settings: Settings) -> CounterPlan:
    """Return the desks and the categories of tickets. Raises SettingsError for a file without
    use.
    """
    file = settings.counter_file
    if not file:
        return plan.packaged()
    try:
        return plan.parse(toml_text(file), file)
    except TomlFileWrong as error:
        raise SettingsError(f"HUB_COUNTER_FILE:\n{error}") from None


def reader_keys(settings: Settings) -> ReaderKeys:
    """Return what the barcode readers type around a code. Raises SettingsError."""
    if not _PREFIX.fullmatch(settings.reader_prefix):
        raise SettingsError(f"HUB_READER_PREFIX: {text('settings_problems.reader_prefix')}")
    return ReaderKeys(settings.reader_prefix, settings.reader_suffix)

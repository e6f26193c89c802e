"""The counter's plan, from the operator's file or the packaged one."""

from hub.bootstrap.files.toml_file import toml_text
from hub.rules.counter import plan
from hub.rules.counter.plan import CounterPlan
from hub.rules.toml.reading import TomlFileWrong
from hub.settings import Settings, SettingsError


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

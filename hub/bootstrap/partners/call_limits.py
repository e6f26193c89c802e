"""When partners may be called, and how often: read once, and counted for queries of persons."""

from collections.abc import Iterable
from pathlib import Path

from hub.exchange.admission.limited_queries import LimitedQueries
from hub.ports import Clock, Destination
from hub.records.registers import call_limits
from hub.rules.calls.call_limits import CallLimits
from hub.settings import Settings, SettingsError
from hub.store.engine.store import Store


def call_limits_of(settings: Settings) -> CallLimits:
    """Return the windows and quotas of all partners. Raises SettingsError."""
    file = settings.call_limits_file
    try:
        return call_limits.load(Path(file)) if file else call_limits.load()
    except call_limits.CallLimitsBroken as error:
        raise SettingsError(f"HUB_CALL_LIMITS_FILE: {error}") from None


def counted(
    destinations: Iterable[Destination], store: Store, limits: CallLimits, *, clock: Clock
) -> list[LimitedQueries]:
    """Return the destinations so that their queries count for the quotas."""
    return [LimitedQueries(it, store, limits, clock=clock) for it in destinations]

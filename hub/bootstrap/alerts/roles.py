"""The roles that watch what an installation measures, and send what is to be said."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from hub.bootstrap.alerts.outside import make_heartbeat_call, watch_folder
from hub.bootstrap.alerts.plan import is_day_off, make_channels, make_plan
from hub.bootstrap.hub import Hub
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.messages.queues import INGEST
from hub.operations.alerts.evaluating import Evaluating
from hub.operations.alerts.file_book import FileBook, incidents_in
from hub.operations.alerts.heartbeat_calls import HeartbeatCalls
from hub.operations.alerts.local_measuring import LocalMeasuring
from hub.operations.alerts.measuring import StoreMeasuring
from hub.operations.alerts.sending import AlertSending
from hub.operations.alerts.watching import AlertWatching, Measuring
from hub.rules.alerts.incidents import Incident
from hub.rules.alerts.plan import AlertPlan
from hub.rules.toml.reading import TomlFileWrong
from hub.runtime.role import Role
from hub.settings import Settings, SettingsError, seconds


def outside_folder(settings: Settings) -> Path:
    """Return where incidents are kept that no database can keep."""
    return Path(settings.data_dir) / "alerts"


def kept_outside(settings: Settings) -> list[Incident]:
    """Return the open incidents of this machine's files: of the timer, and of a watch beside it."""
    folders = (outside_folder(settings), watch_folder(settings))
    return [it for folder in folders for it in incidents_in(folder)]


def alert_plan(settings: Settings) -> AlertPlan:
    """Return the plan of an installation. Raises SettingsError for a file without use."""
    try:
        return make_plan(settings)
    except TomlFileWrong as error:
        raise SettingsError(f"HUB_ALERTS_FILE:\n{error}") from None


def make_alerts(hub: Hub) -> list[Role]:
    """Return the roles that watch and send. Raises SettingsError for a file without use."""
    settings = hub.settings
    plan = alert_plan(settings)
    channels = make_channels(plan)
    sending = [
        AlertSending(hub.store, channels, clock=hub.clock, channel=name) for name in ("", *channels)
    ]
    measures: list[Measuring] = [
        StoreMeasuring(hub.store, (*PARTNERS, catalog.DEVICES), hub.clock),
        LocalMeasuring(
            store=hub.store,
            place=Path(settings.data_dir),
            query_broker=_query(hub),
        ),
    ]
    watching = AlertWatching(
        Evaluating(store=hub.store, plan=plan, is_day_off=is_day_off),
        measures,
        FileBook(
            folder=outside_folder(settings),
            plan=plan,
            channels=channels,
            clock=hub.clock,
            is_day_off=is_day_off,
        ),
        clock=hub.clock,
        every=seconds(settings.sweep_interval),
        on_message=partial(_wake, sending),
    )
    return [watching, *sending, *_heartbeat(hub)]


def _wake(roles: Sequence[Role]) -> None:
    for role in roles:
        role.wakeup.wake()


def _heartbeat(hub: Hub) -> list[Role]:
    """Return what calls the heartbeat's address, where there is one. Raises SettingsError."""
    call = make_heartbeat_call(hub.settings)
    if call is None:
        return []
    return [HeartbeatCalls(hub.store, call, clock=hub.clock, query_broker=_query(hub))]


def _query(hub: Hub) -> Callable[[], object] | None:
    """Return what asks the broker, None for the one in this process."""
    return partial(hub.broker.depth, INGEST) if hub.settings.broker_url else None

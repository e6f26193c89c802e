"""Both ends of the dead man's switch: the hub's sign of life, the watch of a second machine."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from adapters.alerts.outside import call_heartbeat, is_address, query_ready
from hub.bootstrap.alerts.plan import is_day_off, make_channels
from hub.operations.alerts.file_book import FileBook
from hub.operations.alerts.outside_watch import OutsideWatch
from hub.ports import Clock
from hub.rules.alerts.plan import AlertPlan
from hub.settings import Settings, SettingsError
from hub.texts import text


def make_heartbeat_call(settings: Settings) -> Callable[[], None] | None:
    """Return what says that the hub makes progress, None without an address.

    Raises SettingsError for what is no address.
    """
    url = settings.heartbeat_url
    if not url:
        return None
    if not is_address(url):
        raise SettingsError(text("alerts.heartbeat_no_address"))
    return partial(call_heartbeat, url)


def watch_folder(settings: Settings) -> Path:
    """Return where a watch on this machine keeps its incidents, unless it has another folder."""
    return Path(settings.data_dir) / "watch"


def make_watch(plan: AlertPlan, urls: Sequence[str], *, folder: Path, clock: Clock) -> OutsideWatch:
    """Return the watch of a second machine. Raises ValueError with what is no address."""
    wrong = [url for url in urls if not is_address(url)]
    if wrong:
        raise ValueError(wrong[0])
    channels = make_channels(plan)
    book = FileBook(folder=folder, plan=plan, channels=channels, clock=clock, is_day_off=is_day_off)
    return OutsideWatch(urls=urls, query=query_ready, book=book)

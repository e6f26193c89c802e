"""The webhooks of an installation: their secrets' folder, and the role that sends."""

from pathlib import Path
from threading import Event

from adapters.webhooks.sender import HttpSender
from hub.exchange.webhooks.dispatch import Dispatch
from hub.exchange.webhooks.role import Webhooks
from hub.ports import Clock
from hub.records.dossiers import numbering
from hub.rules.clients.client import networks
from hub.settings import Settings
from hub.store.engine.store import Store
from hub.store.webhooks.secret_files import SecretFiles


def secret_files(settings: Settings) -> SecretFiles:
    """Return the files of the webhooks' secrets."""
    return SecretFiles(Path(settings.data_dir) / "webhooks")


def make_webhooks(settings: Settings, store: Store, *, clock: Clock) -> Webhooks:
    """Return the role that sends changes to the webhooks."""
    sender = HttpSender(
        allowed=networks(settings.webhook_private_addresses), ca_file=settings.webhook_ca_file
    )
    dispatch = Dispatch(
        store=store,
        sender=sender,
        secrets=secret_files(settings),
        clock=clock,
        agency_of=lambda number: numbering.parse(number).agency,
        stopping=Event(),
    )
    return Webhooks(dispatch)

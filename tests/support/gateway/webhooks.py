"""A store with a webhook, its receiver, and a clock that a test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

from adapters.webhooks.sender import LIMITS, HttpSender
from hub.exchange.webhooks.dispatch import Dispatch
from hub.exchange.webhooks.role import Webhooks
from hub.operations.signed_by import SignedBy
from hub.operations.webhooks import managing, status
from hub.records.dossiers import numbering
from hub.rules.change_feed import ChangeKind
from hub.rules.clients.client import networks
from hub.store.change_feed import numbering as feed
from hub.store.engine.store import Store
from hub.store.records import changes
from hub.store.webhooks import addresses
from hub.store.webhooks.addresses import Webhook
from hub.store.webhooks.secret_files import SecretFiles
from tests.support.gateway.clients import add_client
from tests.support.network.webhook_receiver import Receiver, receiving
from tests.support.works import now

CLIENT = "ward-software"
A, B, C = (f"000.99.01.H57-180806-{n:04d}" for n in (1, 2, 3))
HERE = networks("127.0.0.0/8")


@dataclass(slots=True)
class WebhookStage:
    """A webhook of a client, and what serves it; `role.run_once` sends what is due."""

    store: Store
    secrets: SecretFiles
    receiver: Receiver
    role: Webhooks
    id: str
    time: datetime
    key: str
    """Of the client that owns the webhook."""

    def change(self, number: str, *codes: str, at: datetime | None = None) -> None:
        """Change a dossier and give the changes their places."""
        with self.store.write() as tx:
            for code in codes:
                changes.add(tx, number, ChangeKind.STATUS, code, at=at or self.time, message_id="m")
        with self.store.write() as tx:
            feed.number_new(tx, now=self.time)

    def pass_time(self, **duration: float) -> None:
        """Move the clock on."""
        self.time += timedelta(**duration)

    def until_still(self, *, rounds: int = 60, minutes: float = 15) -> int:
        """Send and let time pass until nothing waits; return the rounds that it took."""
        for taken in range(rounds):
            self.role.run_once()
            if not self.status().backlog:
                return taken
            self.pass_time(minutes=minutes)
        raise AssertionError(f"still waiting: {self.status()}")

    def expect_no_reply(self) -> None:
        """Have a call whose reply does not come end soon."""
        limits = replace(LIMITS, reply_timeout=timedelta(milliseconds=300))
        self.role.dispatch.sender = HttpSender(allowed=HERE, limits=limits)

    def expect_replies(self) -> None:
        """Be as patient as the hub is: a busy machine is slow."""
        self.role.dispatch.sender = HttpSender(allowed=HERE)

    @property
    def webhook(self) -> Webhook:
        """How it stands in the store."""
        with self.store.read() as tx:
            found = addresses.get(tx, self.id)
        assert found is not None
        return found

    def status(self) -> status.WebhookStatus:
        """Return what its owner sees."""
        with self.store.read() as tx:
            return status.status_of(tx, self.webhook, allowed=lambda _: True, now=self.time)

    @property
    def by(self) -> SignedBy:
        """Who decides."""
        return {"actor": "Trần Thị Bình", "reason": "a test", "now": self.time}


@contextmanager
def webhook_stage(
    store: Store, directory: Path, *, agencies: frozenset[str] = frozenset({"*"})
) -> Iterator[WebhookStage]:
    """Open a stage with one webhook that gets what changes from now on."""
    key = add_client(store, CLIENT, agencies=agencies, now=now())
    secrets = SecretFiles(directory / "webhooks")
    with receiving() as receiver:
        dispatch = Dispatch(
            store=store,
            sender=HttpSender(allowed=HERE),
            secrets=secrets,
            clock=lambda: stage.time,
            agency_of=lambda number: numbering.parse(number).agency,
            stopping=Event(),
        )
        stage = WebhookStage(store, secrets, receiver, Webhooks(dispatch), "", now(), key.text)
        stage.id = managing.add(
            store, secrets, client=CLIENT, url=receiver.url + "/hook?a=1", by=stage.by
        ).id
        yield stage

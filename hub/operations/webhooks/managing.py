"""Adding a webhook, changing its secret, retiring it, sending a stretch of the feed again, a test.

Each act is a transaction with its row in the audit. An address is added by an operator, never by
its owner: it is called from inside the ward's network. The owner may send again and test.
"""

import secrets as random_texts
from dataclasses import dataclass
from datetime import datetime

from hub.operations.signed_by import SignedBy
from hub.rules.webhooks import signing, targets
from hub.rules.webhooks.signing import SigningSecret
from hub.store.change_feed import reading
from hub.store.clients import registry
from hub.store.engine.store import Store, Tx
from hub.store.evidence import audit
from hub.store.webhooks import addresses
from hub.store.webhooks.addresses import Webhook
from hub.store.webhooks.secret_files import MOST, SecretFiles
from hub.texts import Text, both

MOST_OF_CLIENT = 10
"""Webhooks of one client that are not retired."""


class WebhookNotDone(Exception):
    """The act was refused and nothing changed; `text` says why and what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class ReplayUnderWay(WebhookNotDone):
    """A replay is under way; a second one begins when it has ended."""


@dataclass(frozen=True, slots=True)
class AddedWebhook:
    """A webhook that was just added, and its secret."""

    id: str
    secret: SigningSecret


def add(store: Store, secrets: SecretFiles, *, client: str, url: str, by: SignedBy) -> AddedWebhook:
    """Add a webhook: it gets what changes from now on. Raises WebhookNotDone and OSError."""
    try:
        targets.check_url(url)
    except targets.NotATarget as error:
        raise WebhookNotDone(error.text) from None
    id = f"wh-{random_texts.token_hex(4)}"
    secret = signing.fresh()
    with store.write() as tx:
        known = registry.locked(tx, client)
        if known is None or known.retired:
            raise WebhookNotDone(both("clients.unknown", client=repr(client)))
        live = [it for it in addresses.all_of(tx, client=client) if it.retired_at is None]
        if len(live) >= MOST_OF_CLIENT:
            raise WebhookNotDone(both("webhooks.too_many", client=client, most=MOST_OF_CLIENT))
        position = reading.state_of(tx).last
        addresses.add(tx, id, client=client, url=url, position=position, now=by["now"])
        secrets.write(id, [secret])  # before the commit: a webhook without a secret sends nothing
        audit.record(tx, action="webhooks.add", object=f"{client} {id}", **by)
    return AddedWebhook(id, secret)


def rotate(store: Store, secrets: SecretFiles, id: str, *, by: SignedBy) -> SigningSecret:
    """Give a webhook a second secret. Raises WebhookNotDone, NoSecret, OSError."""
    with store.write() as tx:
        _require_active(tx, id)
        live = secrets.of(id)
        if len(live) >= MOST:
            raise WebhookNotDone(both("webhooks.two_secrets", id=id))
        fresh = signing.fresh()
        audit.record(tx, action="webhooks.rotate", object=id, **by)
        secrets.write(id, [fresh, *live])
    return fresh


def drop_old_secret(store: Store, secrets: SecretFiles, id: str, *, by: SignedBy) -> None:
    """Sign with the newest secret only, from now on. Raises WebhookNotDone, NoSecret, OSError."""
    with store.write() as tx:
        _require_active(tx, id)
        live = secrets.of(id)
        if len(live) < MOST:
            raise WebhookNotDone(both("webhooks.one_secret", id=id))
        audit.record(tx, action="webhooks.drop_secret", object=id, **by)
        secrets.write(id, live[:1])


def retire(store: Store, secrets: SecretFiles, id: str, *, by: SignedBy) -> None:
    """Send nothing to an address any more, and forget its secrets. Raises WebhookNotDone."""
    with store.write() as tx:
        _require_active(tx, id)
        addresses.retire(tx, id, now=by["now"])
        audit.record(tx, action="webhooks.retire", object=id, **by)
    secrets.remove(id)


def replay(store: Store, id: str, *, first: int, last: int, by: SignedBy) -> None:
    """Send the changes of positions `first` to `last` again, before what is new.

    Raises WebhookNotDone, ReplayUnderWay among them.
    """
    with store.write() as tx:
        webhook = _require_active(tx, id)
        last = min(last, webhook.position)
        if first > last:
            raise WebhookNotDone(both("webhooks.nothing_to_replay"))
        if not addresses.begin_replay(tx, id, first=first, last=last):
            raise ReplayUnderWay(both("webhooks.replay_under_way", id=id))
        audit.record(tx, action="webhooks.replay", object=f"{id} {first}-{last}", **by)


def replay_between(store: Store, id: str, *, start: datetime, end: datetime, by: SignedBy) -> None:
    """Send the changes again that got their place in [start, end). Raises as `replay`."""
    with store.read() as tx:
        state = reading.state_of(tx)
        first = reading.position_at(tx, start, last=state.last) + 1
        last = reading.position_at(tx, end, last=state.last)
    replay(store, id, first=first, last=last, by=by)


def request_test(store: Store, id: str, *, by: SignedBy) -> str:
    """Have a test event sent, also while the address is paused; return its id."""
    test_id = f"evt_test_{random_texts.token_hex(8)}"
    with store.write() as tx:
        _require_active(tx, id)
        addresses.request_test(tx, id, test_id=test_id)
        audit.record(tx, action="webhooks.test", object=id, **by)
    return test_id


def resume(store: Store, id: str, *, by: SignedBy) -> None:
    """End the pause of an address: it is fixed, says a person. Raises WebhookNotDone."""
    with store.write() as tx:
        _require_active(tx, id)
        addresses.resume(tx, id)
        audit.record(tx, action="webhooks.resume", object=id, **by)


def _require_active(tx: Tx, id: str) -> Webhook:
    known = addresses.get(tx, id)
    if known is None or known.retired_at is not None:
        raise WebhookNotDone(both("webhooks.unknown", id=repr(id)))
    return known

"""Raises a task for each secret of a client that ends within 14 days and has no live successor.

A client whose key ends without a successor is locked out overnight, and nobody here notices. The
timer checks at its sweep; the task closes by itself when a successor was issued, or the secret or
its client was retired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.operations.watchers.task_set import match_open_tasks
from hub.records.deadlines.calendar import local
from hub.rules.clients.api_keys import ALARM_BEFORE
from hub.rules.owners import WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.clients import secrets
from hub.store.clients.secrets import KeptSecret
from hub.store.engine.store import Store, Tx
from hub.store.repair import tasks
from hub.store.schema.tables.clients import CERTIFICATE
from hub.texts import both

KIND = "client_key_ends"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingSecrets:
    """Keeps no state: what ends and what is open is read from the store at each check."""

    store: Store

    def check(self, now: datetime) -> int:
        """Open the missing tasks, close those that are settled; return how many were opened."""
        with self.store.read() as tx:
            ending = {subject_of(secret): secret for secret in without_successor(tx, now)}
        wanted = {subject: (finding(one), one.ends_at) for subject, one in ending.items()}
        opened = match_open_tasks(self.store, KIND, wanted, now=now)
        for subject in opened:
            log.warning(Event.CLIENT_KEY_ENDS, detail=subject)
        return len(opened)


def subject_of(secret: KeptSecret) -> str:
    """Return what a task is about: the client and the prefix of its secret."""
    return f"{secret.client} {secret.prefix}"


def finding(secret: KeptSecret) -> tasks.TaskFinding:
    """Return the task's content, in the officer's words and in the operator's."""
    ends = f"{local(secret.ends_at):%H:%M %d/%m/%Y}"
    about = both("clients.secret_ends", prefix=secret.prefix, client=secret.client, at=ends)
    renewed = secret.kind == CERTIFICATE and secret.expires_at > secret.ends_at
    repair = both("clients.issue_successor", client=secret.client)
    if renewed:
        repair = both("clients.renew_certificate", client=secret.client)
    return tasks.TaskFinding(
        kind=KIND,
        subject=subject_of(secret),
        destination="",
        owner=WARD_IT,
        detail=about,
        repair=repair,
    )


def without_successor(tx: Tx, now: datetime) -> Sequence[KeptSecret]:
    """Return the secrets that end soon, or have ended, while their client has no lasting one."""
    horizon = now + ALARM_BEFORE
    found = []
    for secret in secrets.ending(tx, before=horizon):
        others = secrets.of_client(tx, secret.client)
        lasting = any(
            other.kind == secret.kind and other.retired_at is None and other.ends_at >= horizon
            for other in others
        )
        if not lasting:
            found.append(secret)
    return found

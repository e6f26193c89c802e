"""Whose the broker's queues are: a hub that would take another hub's messages does not start."""

from contextlib import suppress

from hub.bootstrap.installation import open_store
from hub.broker.admin import ownership
from hub.preflight.check import Check
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings
from hub.store.engine import identity
from hub.store.engine.store import StoreUnavailable
from hub.store.schema.revision import SchemaMismatch

SUBJECT = "broker owner"
FIX = (
    "Give this hub a virtual host of its own in HUB_BROKER_URL. Only when the other hub has gone"
    ' for good: `hub topology adopt --reason "..."`.'
)
NARROW = (
    "Nothing to do where no other hub uses this virtual host; else give the account the right to"
    " configure `hub.owner`."
)


def owned(settings: Settings) -> Check:
    """Compare the mark at the broker with the store's id; changes nothing.

    Raises BrokerUnavailable.
    """
    try:
        owner = ownership.owner(settings.broker_url)
    except ownership.MayNotMark as error:
        return Check(SUBJECT, False, f"not compared: {error}", NARROW)
    try:
        store = open_store(settings)
    except StoreUnavailable as error:
        detail = f"not compared: the database cannot be used ({describe_error(error)})"
        return Check(SUBJECT, False, detail, "See the line of the database.", fatal=True)
    except SchemaMismatch:
        detail = "not compared: the database has another schema than this program"
        return Check(SUBJECT, False, detail, "See the line of the database.")
    try:
        with store.read() as tx:
            own = identity.known(tx) or "without an id yet"
    finally:
        store.close()
    if owner not in ("", own):  # perhaps only the broker's answer was cut
        with suppress(ownership.MayNotMark):
            owner = ownership.owner(settings.broker_url, own=own)
    if owner in ("", own):
        return Check(SUBJECT, True, f"the queues are those of {own}" if owner else "nobody yet")
    return Check(SUBJECT, False, refusal(owner, own=own), FIX, fatal=True)


def refusal(owner: str, *, own: str) -> str:
    """Return the sentence for a hub that may not use the queues."""
    return (
        f"the queues belong to the store {owner}, and this hub's store is {own}:"
        " nothing was taken from them"
    )

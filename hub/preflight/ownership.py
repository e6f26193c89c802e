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
from hub.texts import text

SUBJECT = "broker owner"


def owned(settings: Settings) -> Check:
    """Compare the mark at the broker with the store's id; changes nothing.

    Raises BrokerUnavailable.
    """
    try:
        owner = ownership.owner(settings.broker_url)
    except ownership.MayNotMark as error:
        detail = text("broker_checks.owner_not_compared", why=error)
        return Check(SUBJECT, False, detail, text("broker_checks.owner_narrow"))
    try:
        store = open_store(settings)
    except StoreUnavailable as error:
        detail = text("broker_checks.owner_no_database", why=describe_error(error))
        return Check(SUBJECT, False, detail, text("broker_checks.see_database"), fatal=True)
    except SchemaMismatch:
        detail = text("broker_checks.owner_other_schema")
        return Check(SUBJECT, False, detail, text("broker_checks.see_database"))
    try:
        with store.read() as tx:
            own = identity.known(tx) or text("broker_checks.owner_no_id")
    finally:
        store.close()
    if owner not in ("", own):  # perhaps only the broker's answer was cut
        with suppress(ownership.MayNotMark):
            owner = ownership.owner(settings.broker_url, own=own)
    if owner in ("", own):
        detail = text("broker_checks.owned_by_nobody")
        return Check(SUBJECT, True, text("broker_checks.owned", own=own) if owner else detail)
    detail = text("broker_checks.owned_by_another", owner=owner, own=own)
    return Check(SUBJECT, False, detail, text("broker_checks.owner_fix"), fatal=True)

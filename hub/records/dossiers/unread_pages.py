"""Scanned pages whose code does not tell where they belong: a person says it."""

from typing import NoReturn

from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import PagesUnread
from hub.records.dossiers.commands import Cause
from hub.store.engine.store import Tx


def leave_to_person(tx: Tx, cause: Cause, payload: PagesUnread) -> NoReturn:
    """Have the message parked with its files. Raises InvalidMessage (`pages_unread`)."""
    del tx, cause
    why = f"{payload.cause}, page {payload.first_page}, {payload.pages} pages"
    raise InvalidMessage("pages_unread", where="lyDo", why=why)

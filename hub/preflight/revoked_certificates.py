"""The files that say which certificates of clients are trusted: readable, and not over."""

from collections.abc import Iterator
from datetime import datetime

from hub.bootstrap.access.client_certificates import trust_files
from hub.preflight.check import Check
from hub.records.deadlines.calendar import local
from hub.rules.clients.revocation import ends_of
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings
from hub.texts import text


def revoked_certificates(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Look at the authorities for signatures, and at the list of revoked certificates."""
    files = trust_files(settings)
    if files.signers is None and files.revoked is None:
        return
    subject, place = "client authorities", files.signers
    try:
        count = len(files.authorities())
        yield Check(subject, True, text("certificates.authorities", count=count))
        if files.revoked is None:
            return
        subject, place = "revocation list", files.revoked
        lists = files.lists()
    except (OSError, ValueError) as error:
        why = text("certificates.unusable", file=place, why=describe_error(error))
        yield Check(subject, False, why, text("certificates.unusable_fix"))
        return
    ends = ends_of(lists)
    count = sum(len(it.serials) for it in lists)
    if ends is None:
        yield Check(subject, True, text("certificates.list_without_end", count=count))
        return
    detail = text("certificates.list_until", count=count, at=f"{local(ends):%H:%M %d/%m/%Y}")
    is_over = ends <= now
    fix = text("certificates.renew_list") if is_over else ""
    yield Check(subject, not is_over, detail, fix)

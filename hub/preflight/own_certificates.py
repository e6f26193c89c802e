"""The hub's own certificates: whether their files can be read, and how long they last."""

from collections.abc import Iterator
from datetime import datetime

from hub.bootstrap.partners.destinations import own_certificates
from hub.operations.watchers.ending_certificates import end_of
from hub.preflight.check import Check
from hub.records.deadlines.calendar import local
from hub.rules.clients.api_keys import ALARM_BEFORE
from hub.rules.failures.error_summary import describe_error
from hub.settings import Settings
from hub.texts import text


def certificates(settings: Settings, *, now: datetime) -> Iterator[Check]:
    """Look at each certificate that the settings or a partner's profile name."""
    for what, file in own_certificates(settings).items():
        subject = f"{what} certificate"
        try:
            ends = end_of(file)
        except (OSError, ValueError) as error:
            why = text("certificates.unusable", file=file, why=describe_error(error))
            yield Check(subject, False, why, text("certificates.unusable_fix"))
            continue
        lasts = ends >= now + ALARM_BEFORE
        detail = text("certificates.until", at=f"{local(ends):%d/%m/%Y}")
        yield Check(subject, lasts, detail, "" if lasts else text("certificates.renew_own"))

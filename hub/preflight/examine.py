"""Everything that is looked at, put together."""

from hub.preflight.broker import broker
from hub.preflight.check import Check
from hub.preflight.own_certificates import certificates
from hub.preflight.partners import partners, unconnected
from hub.preflight.private_files import private_files
from hub.preflight.revoked_certificates import revoked_certificates
from hub.preflight.running import running
from hub.preflight.services.identity_provider import identity_provider
from hub.preflight.services.virus_scanner import virus_scanner
from hub.preflight.store.alert_channels import alert_channels
from hub.preflight.store.archive_folder import archive_folder
from hub.preflight.store.disk_usage import filling
from hub.preflight.store.machine import database, disk, rights
from hub.runtime.clock import utc_now
from hub.settings import DELIVERING, Settings


def examine(settings: Settings) -> list[Check]:
    """Return every finding, good and bad, on what the roles of this process stand on."""
    found = [*disk(settings), *filling(settings), *archive_folder(settings), *rights(settings)]
    found += [*database(settings), *broker(settings), *virus_scanner(settings)]
    now = utc_now()
    found += [*certificates(settings, now=now), *revoked_certificates(settings, now=now)]
    found += [*private_files(settings), *alert_channels(settings)]
    if not DELIVERING.isdisjoint(settings.role_names):
        found += [*partners(settings), *unconnected(settings)]
    return found


def examine_all(settings: Settings) -> list[Check]:
    """Return the same, and what the running processes say of themselves."""
    return [*examine(settings), *identity_provider(settings), *running(settings)]

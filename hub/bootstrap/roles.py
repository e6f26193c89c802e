"""Which roles a process has, by the settings."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from hub.bootstrap.access.client_certificates import make_trust
from hub.bootstrap.access.identities import make_identities
from hub.bootstrap.alerts.roles import alert_plan, kept_outside, make_alerts
from hub.bootstrap.counter import counter_plan, make_counter, reader_keys
from hub.bootstrap.devices.kinds import make_snapshots
from hub.bootstrap.devices.printers import make_printing_parts
from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.call_limits import counted
from hub.bootstrap.partners.destinations import (
    make_contract_readers,
    pull_by_password,
)
from hub.bootstrap.partners.roles import partner_roles
from hub.bootstrap.retention import make_archive
from hub.bootstrap.timer import make_timer
from hub.bootstrap.webhooks import make_webhooks
from hub.console.app import create_app as create_console
from hub.console.parts import Parts
from hub.exchange.admission.counted_queries import CountedQueries
from hub.exchange.housekeeping.change_feed import ChangeFeed
from hub.exchange.intake.source_role import SourceRole
from hub.exchange.outbox.relay import Relay
from hub.exchange.records_queue.receive import Receive
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.callbacks.refused import RefusedCallbacks
from hub.gateway.clients.proxies import Proxies
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.gateway.resumable.writing import Uploads
from hub.gateway.serve import WebRole
from hub.gateway.soap.reply_signing import Signer
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.operations.archive.role import Archivist
from hub.operations.comparison.ordered import Comparisons
from hub.operations.contracts.watching import ContractWatch
from hub.operations.deliveries.replay_role import ReplayParts, Replays
from hub.operations.devices.watching import DeviceWatching
from hub.operations.drift.keeping import DriftKeeping
from hub.ports import Source
from hub.rules.clients.client import networks
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.settings import (
    CONSOLE,
    COUNTER,
    DELIVERING,
    WORKING_ROLES,
    Settings,
    SettingsError,
    seconds,
)
from hub.store.clients.key_file import KeyFile
from hub.store.messages.uploads import UploadLimits
from hub.store.repair.replay_work import ReplayPhase


def roles_of(hub: Hub, sources: Sequence[Source]) -> list[Role]:
    """Return the roles of this process in the order in which they are stopped."""
    wanted = hub.settings.role_names
    roles: list[Role] = []
    if "gateway" in wanted:
        roles += _gateway(hub)
    roles += _pages(hub)
    if "sources" in wanted:
        roles += [SourceRole(source, hub.intake) for source in sources]
        if hub.devices:
            roles.append(DeviceWatching(hub.store, hub.devices, clock=hub.clock))
    if "receive" in wanted:
        roles.append(_receive(hub))
    for destination in hub.destinations:
        roles += partner_roles(hub, destination)
    hears_partners = bool(hub.destinations) and not DELIVERING.isdisjoint(wanted)
    if hears_partners or (hub.town is not None and "gateway" in wanted):
        roles.append(DriftKeeping(hub.store, hub.drift, clock=hub.clock))
    if "timer" in wanted:
        roles += [
            _comparisons(hub),
            make_timer(hub),
            *_replays(hub),
            *make_alerts(hub),
            *_feed(hub),
            *_contract_watch(hub),
            *_archivist(hub),
        ]
    if "relay" in wanted:
        roles.append(_relay(hub))
    return roles


def _gateway(hub: Hub) -> list[Role]:
    settings = hub.settings
    denials = Denials(hub.store, clock=hub.clock)
    proxies = networks(settings.proxy_addresses)
    app = create_app(
        hub.store,
        hub.files,
        hub.intake,
        denials=denials,
        intake_token=secret(settings, "intake_token"),
        file_token=secret(settings, "file_token"),
        files_by_password=pull_by_password(settings),
        town=hub.town,
        refused=RefusedCallbacks(store=hub.store, clock=hub.clock, destination=catalog.TOWN_CENTER),
        proxies=Proxies(proxies, secret(settings, "proxy_secret")),
        keys=KeyFile(settings.derivation_key),
        uploads=_uploads(hub),
        reply_signer=_reply_signer(settings),
        trust=make_trust(settings),
    )
    web = WebRole(
        app,
        name="gateway",
        host=settings.http_host,
        port=settings.http_port,
        tls_port=settings.https_port or None,
        proxies=proxies,
        tls=_tls(settings),
    )
    return [web, denials]


def _pages(hub: Hub) -> list[Role]:
    """Return the roles that serve pages to persons."""
    wanted = hub.settings.role_names
    pages: list[Role] = _console(hub) if CONSOLE in wanted else []
    return pages + (make_counter(hub) if COUNTER in wanted else [])


def _console(hub: Hub) -> list[Role]:
    identities = make_identities(hub.settings, clock=hub.clock)
    denials = Denials(hub.store, clock=hub.clock, area="users")

    def deny(where: str, code: str) -> None:
        denials.deny(where, purpose="identity", path=code, reason=code)

    parts = Parts(
        store=hub.store,
        clock=hub.clock,
        destinations=(*PARTNERS, catalog.DEVICES),
        broker_url=hub.settings.broker_url,
        management_url=hub.settings.broker_management_url,
        code_key=KeyFile(hub.settings.derivation_key).content,
        oidc_issuer=hub.settings.oidc_issuer,
        identities=identities,
        deny_identity=deny,
        agency=hub.settings.province_agency,
        address_of=Proxies(
            networks(hub.settings.proxy_addresses), secret(hub.settings, "proxy_secret")
        ).address_of,
        partners=_counted(hub),
        alerts=alert_plan(hub.settings),
        counter=counter_plan(hub.settings),
        reader=reader_keys(hub.settings),
        kept_outside=partial(kept_outside, hub.settings),
        file_path=hub.files.path,
        snapshots=make_snapshots(hub.settings),
        printing=make_printing_parts(hub.settings, hub.files),
        on_delivered=hub.records.delivered,
    )
    host, port = hub.settings.console_host, hub.settings.console_port
    web = WebRole(create_console(parts), name=CONSOLE, host=host, port=port)
    return [web] if identities is None else [web, denials]


def _tls(settings: Settings) -> ServerContext | None:
    """Return the TLS of the gateway, None without; raises SettingsError for files without use."""
    if not settings.http_certificate_file:
        return None
    clients = settings.http_client_ca_file
    files = TlsFiles(
        Path(settings.http_certificate_file),
        Path(settings.http_key_file),
        Path(clients) if clients else None,
    )
    try:
        return ServerContext(files)
    except (OSError, ValueError) as error:
        names = "HUB_HTTP_CERTIFICATE_FILE, HUB_HTTP_KEY_FILE, HUB_HTTP_CLIENT_CA_FILE"
        raise SettingsError(f"{names}: {describe_error(error)}") from None


def _reply_signer(settings: Settings) -> Signer | None:
    """Return what signs replies by SOAP, None without a certificate for them."""
    if not settings.signing_certificate_file:
        return None
    from adapters.wire.ws_security import EnvelopeSecurity, SecuritySettings

    pair = SecuritySettings(
        certificate=Path(settings.signing_certificate_file), key=Path(settings.signing_key_file)
    )
    return EnvelopeSecurity(pair)


def _uploads(hub: Hub) -> Uploads:
    settings = hub.settings
    return Uploads(
        store=hub.store,
        files=hub.files,
        clock=hub.clock,
        lasts=timedelta(hours=settings.upload_hours),
        most=UploadLimits(settings.uploads_open, settings.uploads_open_mb * 1024 * 1024),
    )


def _receive(hub: Hub) -> Receive:
    return Receive(
        hub.store,
        hub.broker,
        hub.records,
        clock=hub.clock,
        on_commit=hub.wake,
        markers=Path(hub.settings.data_dir) / "stopped",
        together=hub.records.together,
    )


def _contract_watch(hub: Hub) -> list[Role]:
    """Return what looks at the contracts that the partners serve, where that is wanted."""
    every = seconds(hub.settings.contract_every)
    readers = make_contract_readers(hub.settings) if every else []
    if not readers:
        return []
    return [ContractWatch(hub.store, readers, clock=hub.clock, every=every, known=hub.call_limits)]


def _replays(hub: Hub) -> list[Role]:
    """Return what works off the replay plans that persons order: their queries, and their runs."""
    parts = ReplayParts(
        destinations=_counted(hub),
        file_path=hub.files.path,
        on_delivered=hub.records.delivered,
        on_commit=hub.wake,
    )
    phases = (ReplayPhase.PLANNING, ReplayPhase.RUNNING)
    return [Replays(hub.store, parts, clock=hub.clock, phases=(each,)) for each in phases]


def _counted(hub: Hub) -> list[CountedQueries]:
    """Return the partners whose queries are counted against their quotas."""
    return counted(hub.destinations, hub.store, hub.call_limits, clock=hub.clock)


def _comparisons(hub: Hub) -> Comparisons:
    """Return the role that compares what persons ordered."""
    partners = [it for it in _counted(hub) if it.name in PARTNERS]
    return Comparisons(hub.store, partners, hub.records.rules, clock=hub.clock)


def _feed(hub: Hub) -> list[Role]:
    """Return what numbers changes, and what sends them to the webhooks."""
    webhooks = make_webhooks(hub.settings, hub.store, clock=hub.clock)
    feed = ChangeFeed(hub.store, clock=hub.clock, on_numbered=webhooks.wakeup.wake)
    return [webhooks, feed]


def _archivist(hub: Hub) -> list[Role]:
    if hub.settings.archive != "on":
        return []
    archive = make_archive(hub.settings, hub.store, clock=hub.clock)
    return [Archivist(archive, every=seconds(hub.settings.archive_every))]


def _relay(hub: Hub) -> Relay:
    """Return the relay, which hears each commit of this process.

    Other processes notify it through the database; should a notice get lost, the relay polls soon.
    """
    alone = set(hub.settings.role_names) >= set(WORKING_ROLES)
    relay = Relay(hub.store, hub.broker, poll=1.0 if alone else 0.2, listens=not alone)
    hub.committed.append(relay.wakeup.wake)
    return relay

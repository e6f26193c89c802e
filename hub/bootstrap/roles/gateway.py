"""The gateway: what partners, devices and clients call, and the TLS of its ports."""

from datetime import timedelta
from pathlib import Path

from hub.bootstrap.access.client_certificates import make_trust
from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.destinations import pull_by_password
from hub.gateway.app import create_app
from hub.gateway.auth_audit import Denials
from hub.gateway.callbacks.refused import RefusedCallbacks
from hub.gateway.clients.proxies import Proxies
from hub.gateway.connections.tls import ServerContext, TlsFiles
from hub.gateway.resumable.writing import Uploads
from hub.gateway.serve import WebRole
from hub.gateway.soap.reply_signing import Signer
from hub.messages import catalog
from hub.rules.clients.client import networks
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.settings import Settings, SettingsError
from hub.store.clients.key_file import KeyFile
from hub.store.messages.uploads import UploadLimits


def make_gateway(hub: Hub) -> list[Role]:
    """Return the role that serves, and the one that writes down who was refused."""
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

"""The gateway's application: what devices and partners call over HTTP, put together.

Every answer comes after the store has committed. A refusal tells what, where and why, in
Vietnamese for the officer and in technical words for the operator; nothing is stored half.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from hub.exchange.intake.accept import Intake
from hub.gateway import device_routes, error_responses, message_refusals
from hub.gateway.auth_audit import Denials
from hub.gateway.callbacks import route as callbacks
from hub.gateway.callbacks.refused import RefusedCallbacks
from hub.gateway.callbacks.route import Callbacks
from hub.gateway.clients import calls_at_once, refusal
from hub.gateway.clients.authorization import Authorization, FixedToken
from hub.gateway.clients.certificate_trust import CertificateTrust
from hub.gateway.clients.credentials import LiveSecret
from hub.gateway.clients.proxies import Proxies
from hub.gateway.direct_calls import DirectApp
from hub.gateway.docs import routes as docs
from hub.gateway.edge import routes as edge
from hub.gateway.oauth import routes as oauth
from hub.gateway.partner_calls.commands import PartnerCommands
from hub.gateway.partner_calls.queries import PartnerQueries
from hub.gateway.resumable import routes as resumable
from hub.gateway.resumable.writing import Uploads
from hub.gateway.soap import endpoint as soap
from hub.gateway.soap.reply_signing import Signer
from hub.gateway.v1 import changes, webhooks
from hub.gateway.v1 import routes as v1
from hub.store.clients.key_file import KeyFile
from hub.store.engine.store import Store
from hub.store.messages import blobs
from hub.store.monitoring import work_counts

_NONE: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI's own: it would ask for its exporters at each call, and put addresses into spans."""


def create_app(
    store: Store,
    files: blobs.BlobStore,
    intake: Intake,
    *,
    denials: Denials,
    intake_token: LiveSecret,
    file_token: LiveSecret,
    files_by_password: bool = False,
    town: Callbacks | None = None,
    refused: RefusedCallbacks | None = None,
    proxies: Proxies | None = None,
    keys: KeyFile | None = None,
    uploads: Uploads | None = None,
    reply_signer: Signer | None = None,
    trust: CertificateTrust | None = None,
) -> FastAPI:
    """Return the gateway's application.

    `files_by_password`: a partner shows the file token as a password. `keys`: for WS-Security.
    `reply_signer`: for clients that get signed replies.
    """
    fixed = fixed_tokens(intake_token, file_token, files_by_password=files_by_password)
    authorization = Authorization(
        store, intake, denials=denials, fixed=fixed, proxies=proxies, trust=trust
    )
    app = _empty_app(authorization)
    _install_health(app, store)
    device_routes.install_messages(app, intake, authorization=authorization)
    device_routes.install_files(
        app, store, files, authorization=authorization, by_password=files_by_password
    )
    edge.install(app, store, files, intake, authorization=authorization)
    callbacks.install(app, town, intake, authorization=authorization, refused=refused)
    commands = PartnerCommands(store, files, intake, authorization)
    _install_partners(app, commands, uploads, keys=keys, signer=reply_signer)
    return app


def _empty_app(authorization: Authorization) -> DirectApp:
    """Return an application without routes, whose refusals and faults have the hub's own form."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        await authorization.at_once.begin()
        yield

    app = DirectApp(
        docs_url=None, redoc_url=None, openapi_url=None, telemetry=_NONE, lifespan=lifespan
    )
    # A redirect would name the scheme of this line: behind a proxy with TLS the caller would send
    # its key again in the clear.
    app.router.redirect_slashes = False
    for answers in (message_refusals, refusal, error_responses):
        answers.install(app)
    calls_at_once.install(app, authorization.at_once)
    return app


def _install_partners(
    app: FastAPI,
    commands: PartnerCommands,
    uploads: Uploads | None,
    *,
    keys: KeyFile | None,
    signer: Signer | None,
) -> None:
    """Add what partners call, and what their developers read."""
    authorization, store, files = commands.authorization, commands.store, commands.files
    clock = authorization.denials.clock
    queries = PartnerQueries(store, files, commands.intake.clock)
    made = uploads or Uploads(store=store, files=files, clock=clock)
    resumable.install(app, made, authorization=authorization)
    oauth.install(app, authorization, store)
    v1.install(app, commands, queries, authorization=authorization)
    changes.install(app, store, authorization=authorization)
    webhooks.install(app, store, authorization=authorization, clock=clock)
    docs.install(app, proxies=authorization.proxies)
    soap.install(app, commands, queries, authorization=authorization, keys=keys, signer=signer)


def _install_health(app: FastAPI, store: Store) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        with store.read() as tx:
            work_counts.read_one_row(tx)
        return {"status": "ok"}


def fixed_tokens(
    intake: LiveSecret, files: LiveSecret, *, files_by_password: bool
) -> list[FixedToken]:
    """Return the clients that are made of the settings' tokens."""
    handing_in = frozenset({"messages.accept", "files.store"})
    return [
        FixedToken("intake-token", intake, handing_in),
        FixedToken("file-token", files, frozenset({"files.fetch"}), files_by_password),
    ]

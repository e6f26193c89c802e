"""The console's application: frame and pages, put together.

Everything that shows something depends on the visitor; see `frame.visitor`.
"""

from fastapi import Depends, FastAPI

from hub.console.accounts import account as user_account
from hub.console.accounts import acts as account_acts
from hub.console.accounts import listing as account_listing
from hub.console.alerts import acts as alert_acts
from hub.console.alerts import incidents, signals
from hub.console.approvals import accounts as account_confirmations
from hub.console.approvals import inbox
from hub.console.desks import acts as desk_acts
from hub.console.desks import pages as desks
from hub.console.devices import device, snapshot
from hub.console.frame import errors
from hub.console.frame.rendering import OWN_FILES
from hub.console.frame.sent_form import SentForms
from hub.console.pages import audit, devices, dossier, name_search, overview, queues, search, slip
from hub.console.parked import acts as parked_acts
from hub.console.parked import listing, message, unread_page
from hub.console.parts import Parts
from hub.console.repair import comparisons, groups, replays, selections
from hub.console.settling import printing, resend, tasks, unmasking
from hub.console.settling import routes as settling
from hub.console.sign_in import routes as sign_in
from hub.console.workstations import acts as workstation_acts
from hub.console.workstations import listing as workstations
from hub.web import headers, language


def create_app(parts: Parts) -> FastAPI:
    """Return the console's application."""
    app = FastAPI(title="One-stop hub console", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.reader = parts.reader
    headers.install(app)
    errors.install(app, clock=parts.clock, kept_outside=parts.kept_outside)
    OWN_FILES.install(app)
    language.install(app)
    app.router.dependencies.append(Depends(SentForms(parts.store)))
    sign_in.install(app, parts)
    for page in (overview, search, name_search, queues, slip, dossier, groups, selections):
        page.install(app, parts)
    for page in (replays, comparisons):
        page.install(app, parts)
    for page in (incidents, alert_acts, signals):
        page.install(app, parts)
    for page in (listing, message, unread_page, parked_acts, desks, desk_acts):
        page.install(app, parts)
    for page in (unmasking, printing, resend, tasks, settling, inbox, audit):
        page.install(app, parts)
    for page in (devices, device, snapshot):
        page.install(app, parts)
    for page in (workstations, workstation_acts):
        page.install(app, parts)
    for page in (account_listing, user_account, account_acts, account_confirmations):
        page.install(app, parts)
    return app

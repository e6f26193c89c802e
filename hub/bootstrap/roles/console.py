"""The operators' pages."""

from functools import partial

from hub.bootstrap.access.identities import make_identities
from hub.bootstrap.alerts.roles import alert_plan, kept_outside
from hub.bootstrap.counter import counter_plan, reader_keys
from hub.bootstrap.devices.cameras import make_snapshots
from hub.bootstrap.devices.printers import make_printing_parts
from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.call_limits import counted
from hub.console.app import create_app
from hub.console.parts import Parts
from hub.gateway.auth_audit import Denials
from hub.gateway.clients.proxies import Proxies
from hub.gateway.serve import WebRole
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.rules.clients.client import networks
from hub.runtime.role import Role
from hub.settings import CONSOLE
from hub.store.clients.key_file import KeyFile


def make_console(hub: Hub) -> list[Role]:
    """Return the role that serves the pages; with a provider of identities, who was refused too."""
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
        partners=counted(hub.destinations, hub.store, hub.call_limits, clock=hub.clock),
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
    web = WebRole(create_app(parts), name=CONSOLE, host=host, port=port)
    return [web] if identities is None else [web, denials]

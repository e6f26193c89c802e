"""The health port of a process, and the sampling of the hub's figures where the timer is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub import __version__
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.destinations import own_certificates
from hub.bootstrap.secret_files import secret
from hub.exchange.intake.source_role import SourceRole
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.runtime.role import Role

if TYPE_CHECKING:
    from hub.monitoring.readiness import Readiness


def health_roles(hub: Hub, watched: Sequence[Role]) -> list[Role]:
    """Return the health port that tells of the roles, and what it needs; none without a port."""
    settings = hub.settings
    if not settings.health_port:
        return []
    # Loaded only where figures are shown.
    from hub.monitoring.endpoint import HealthPort
    from hub.monitoring.exposition import CONTENT_TYPE, Shown, exposition
    from hub.monitoring.readiness import readiness
    from hub.monitoring.sampling import Sampling

    sampling = None
    if "timer" in settings.role_names:
        sampling = Sampling(
            hub.store,
            (*PARTNERS, catalog.DEVICES),
            clock=hub.clock,
            broker_urls=(settings.broker_url, settings.broker_management_url),
            certificates=own_certificates(settings),
        )
    roles = [*watched, *([sampling] if sampling else [])]

    def ready() -> "Readiness":
        return readiness(roles, now=hub.clock(), store=lambda: hub.store.trouble)

    shown = Shown(
        version=__version__,
        partners=tuple(PARTNERS),
        devices=[it.source.name for it in watched if isinstance(it, SourceRole)],
        readiness=ready,
        sample=(lambda: sampling.last) if sampling else None,
        clock=hub.clock,
    )
    port = HealthPort(
        settings.health_host,
        settings.health_port,
        readiness=ready,
        metrics=exposition(shown),
        metrics_type=CONTENT_TYPE,
        token=secret(settings, "metrics_token"),
    )
    return [*([sampling] if sampling else []), port]

"""The health port of a process, and the sampling of the hub's figures where the timer is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub import __version__
from hub.bootstrap.files.secret_files import secret
from hub.bootstrap.hub import Hub
from hub.bootstrap.partners.destinations import own_certificates
from hub.messages import catalog
from hub.messages.partners import PARTNERS
from hub.runtime.role import Role

if TYPE_CHECKING:
    from hub.monitoring.sampling import Sampling


def health_roles(hub: Hub, watched: Sequence[Role]) -> list[Role]:
    """Return the health port that tells of the roles, and what it needs; none without a port."""
    if not hub.settings.health_port:
        return []
    sampling = _sampling(hub) if "timer" in hub.settings.role_names else None
    own: list[Role] = [sampling] if sampling else []
    return [*own, _port(hub, [*watched, *own], sampling)]


def _sampling(hub: Hub) -> "Sampling":
    from hub.monitoring.sampling import Sampling

    settings = hub.settings
    return Sampling(
        hub.store,
        (*PARTNERS, catalog.DEVICES),
        clock=hub.clock,
        broker_urls=(settings.broker_url, settings.broker_management_url),
        certificates=own_certificates(settings),
    )


def _port(hub: Hub, roles: Sequence[Role], sampling: "Sampling | None") -> Role:
    # Loaded only where figures are shown.
    from hub.monitoring.endpoint import HealthPort
    from hub.monitoring.exposition import CONTENT_TYPE, ProcessFigures, exposition
    from hub.monitoring.readiness import Readiness, readiness

    def ready() -> Readiness:
        return readiness(roles, now=hub.clock(), store=lambda: hub.store.trouble)

    figures = ProcessFigures(
        version=__version__,
        partners=tuple(PARTNERS),
        readiness=ready,
        sample=(lambda: sampling.last) if sampling else None,
        clock=hub.clock,
    )
    return HealthPort(
        hub.settings.health_host,
        hub.settings.health_port,
        readiness=ready,
        metrics=exposition(figures),
        metrics_type=CONTENT_TYPE,
        token=secret(hub.settings, "metrics_token"),
    )

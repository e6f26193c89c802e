"""What an incident is about, as far as the scopes of persons know it."""

from hub.messages.partners import PARTNERS
from hub.rules.alerts.incidents import Incident
from hub.rules.users.scope import WHOLE, Scope, Thing


def thing_of(incident: Incident) -> Thing:
    """Return the partner that an incident is about, else the installation as a whole."""
    partner = incident.subject.partition(" ")[0]
    return Thing(partners=frozenset({partner})) if partner in PARTNERS else WHOLE


def partners_in(scope: Scope) -> frozenset[str] | None:
    """Return the partners whose incidents a scope reaches, None where it reaches all incidents."""
    return None if scope.everything else scope.partners & PARTNERS.keys()

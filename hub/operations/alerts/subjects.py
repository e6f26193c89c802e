"""What an incident is about, as far as the scopes of persons know it."""

from collections.abc import Iterable

from hub.messages.partners import PARTNERS
from hub.rules.alerts.incidents import Incident
from hub.rules.users.scope import WHOLE, Scope, Thing


def thing_of(incident: Incident) -> Thing:
    """Return the partner that an incident is about, else the installation as a whole."""
    partner = incident.subject.partition(" ")[0]
    return Thing(partners=frozenset({partner})) if partner in PARTNERS else WHOLE


def visible(found: Iterable[Incident], scope: Scope) -> list[Incident]:
    """Return the incidents that a scope reaches."""
    return [it for it in found if scope.covers(thing_of(it))]

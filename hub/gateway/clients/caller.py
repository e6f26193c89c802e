"""The caller of a request, once it is known."""

from dataclasses import dataclass
from datetime import datetime

from hub.rules.clients.client import Client


@dataclass(frozen=True, slots=True)
class GatewayCaller:
    """A client that has proven itself for one request; holds no secret."""

    rights: Client
    by: str
    """What it proved itself with: `key abcdefgh`, `certificate 01234567`, `setting`."""
    address: str
    """Where it calls from; behind a trusted proxy what that says."""
    secret: str = ""
    """Prefix of the secret; "" for a token of the settings."""
    certificate_ends_at: datetime | None = None
    """When the certificate ends that was shown, None for anything else."""

    @property
    def client(self) -> str:
        """Its id, as in the audit."""
        return self.rights.id

    def may_act_for(self, agency: str) -> bool:
        """Return whether it may act for an agency."""
        return self.rights.allows_agency(agency)

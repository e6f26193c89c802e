"""What proves who a person is, outside of the hub: see `adapters/identities`."""

from datetime import datetime
from typing import Protocol

from hub.rules.users.identities import ProvenIdentity, Started


class IdentityProvider(Protocol):
    """A provider of identities; threads share it."""

    issuer: str
    """How it names itself; accounts are linked to it by this."""
    button: str
    """What stands on the button that leads to it, "" for the console's own words."""

    def address(self, started: Started) -> str:
        """Return where a browser is sent to sign in. Raises IdentityRefused."""

    def sign_out_address(self, id_token: str) -> str:
        """Return where a browser is sent to sign out at the provider, "" where it cannot be.

        Raises IdentityRefused.
        """

    def redeem(self, code: str, started: Started, *, now: datetime) -> ProvenIdentity:
        """Return the person whose code it is, checked in every respect. Raises IdentityRefused."""

    def check_answer_from(self, issuer: str | None) -> None:
        """Raise IdentityRefused where the browser's answer names another provider (RFC 9207)."""

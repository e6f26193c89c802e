"""What a person does where a partner refuses the hub's login, certificate or right. Pure.

The hub goes on by itself once the cause is gone, so nothing is dead and nothing has to be sent
again. A pause alone would not show a person that there is a cause to remove.
"""

from hub.texts import Text, both

LOGIN_OR_TLS = frozenset(
    {
        "partner_session",
        "certificate_expired",
        "certificate_unknown",
        "certificate_name",
        "certificate_refused",
        "tls_outdated",
        "tls_failed",
    }
)
"""Fault codes of a session or a TLS handshake that the partner refuses."""
TASKS = LOGIN_OR_TLS | {"partner_forbidden", "partner_login"}
"""Fault codes with which deliveries wait until the partner accepts the hub again. A pause for one
of them is also a task."""


def remedy_of(code: str) -> Text | None:
    """Return what to do about a fault code, None where no login is refused."""
    return both(f"faults.{code}_to_do") if code in TASKS else None

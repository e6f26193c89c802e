"""Failures of the way to a partner that only a person can put right: what they are told. Pure.

The hub goes on by itself once the cause is gone, so nothing is dead and nothing has to be sent
again; but nobody would look for the cause if a pause were all that is shown.
"""

from hub.texts import Text, both

TASKS = frozenset(
    {
        "partner_forbidden",
        "partner_session",
        "certificate_expired",
        "certificate_unknown",
        "certificate_name",
        "certificate_refused",
        "tls_outdated",
        "tls_failed",
    }
)
"""Fault codes for which a pause is also a task."""
AWAITED = TASKS | {"partner_login"}
"""Fault codes with which deliveries wait until the hub is let in."""


def remedy_of(code: str) -> Text | None:
    """Return what to do about a fault code, None where nobody has to let the hub in."""
    return both(f"faults.{code}_to_do") if code in AWAITED else None

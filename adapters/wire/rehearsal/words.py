"""The steps of a rehearsal in their order, and their names in the protocol."""

from hub.texts import Text, both

STEPS = (
    "name",
    "proxy",
    "tls",
    "login",
    "clock",
    "ping",
    "second_login",
    "ended_session",
    "absent",
    "latency",
    "form",
    "free",
    "register",
    "lag",
    "steps",
    "shown_steps",
    "fields",
    "times",
    "texts",
    "repeat",
    "check",
)


def name_of(step: str) -> Text:
    """Return the name of a step."""
    return both(f"rehearsal.step_{step}")

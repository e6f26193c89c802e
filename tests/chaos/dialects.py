"""Chaos with partners that speak dialects: what the hub is told about them, as partner profiles.

A profile says what a rehearsal would have found out: how far look-ups lag, how exactly times and
texts come back, that nobody gives X-Request-Id back.
"""

from collections import Counter
from pathlib import Path

from adapters.simulation.process import SimulatorProcess

LAG_SECONDS, LAST_STEPS = 2.0, 10
_BOTH = """
[echo]
header = ""

[lookup]
lag = "3s"
{last_steps}
[resolution]
time = "60s"
text_length = 40
"""


def write_profiles(directory: Path) -> dict[str, Path]:
    """Write the profiles of both partners; return them by the partner's name."""
    found = {}
    for name, last_steps in (("province", f"last_steps = {LAST_STEPS}\n"), ("town", "")):
        found[name] = directory / f"{name}-profile.toml"
        found[name].write_text(_BOTH.format(last_steps=last_steps), encoding="utf-8")
    return found


def speak(partners: dict[str, SimulatorProcess], names: tuple[str, ...]) -> None:
    """Have both partners speak these dialects from now on."""
    for partner in partners.values():
        partner.speak(*names, lag_seconds=LAG_SECONDS, last_steps=LAST_STEPS)


def spoken(partners: dict[str, SimulatorProcess]) -> dict[str, int]:
    """Return how often each habit was shown by both together."""
    total: Counter[str] = Counter()
    for partner in partners.values():
        total.update(partner.spoken())
    return dict(sorted(total.items()))

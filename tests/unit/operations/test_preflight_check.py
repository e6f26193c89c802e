"""How far a clock may be off, and that findings survive being kept."""

from datetime import timedelta

import pytest

from hub.preflight.check import Check, clock, from_text, to_text

WARN, REFUSE = timedelta(seconds=5), timedelta(seconds=60)


@pytest.mark.parametrize(
    ("seconds", "ok", "refuses"),
    [
        (0, True, False),
        (5, True, False),
        (-5, True, False),
        (6, False, False),
        (-60, False, False),
        (61, False, True),
        (-61, False, True),
    ],
)
def test_a_clock_warns_and_then_refuses_in_both_directions(
    seconds: int, ok: bool, refuses: bool
) -> None:
    """And without a bound for refusing never refuses."""
    away = timedelta(seconds=seconds)
    found = clock("a clock", away, warn=WARN, refuse=REFUSE)
    assert (found.ok, found.refuses) == (ok, refuses)
    assert ("behind" in found.detail) == (seconds < 0)
    assert not clock("a clock", away, warn=WARN).refuses


def test_findings_are_kept_and_read_again() -> None:
    """What another version wrote is not guessed at."""
    found = [Check("disk", True, "much"), Check("broker", False, "away", "start it", fatal=True)]
    assert from_text(to_text(found)) == found
    for text in ("", "nonsense", '[{"subject": 1}]', "{}"):
        assert from_text(text) == []

"""A seed means the same story until VERSION says otherwise."""

import subprocess
import sys
from dataclasses import fields

import pytest

from tests.simulation.golden import __main__ as command
from tests.simulation.golden import digests
from tests.simulation.partners.choice import ADAPTERS_EVERY
from tests.simulation.traits import Traits, traits_of


@pytest.mark.timeout(120)
def test_golden_seeds_tell_the_stories_that_they_told() -> None:
    """Else each known seed, and each that somebody has written down, means another story."""
    words = [sys.executable, "-m", "tests.simulation.golden", "--check"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_golden_stories_have_every_trait() -> None:
    """What none of them plays could change unnoticed."""
    met = [traits_of(seed) for seed in digests.SEEDS]
    missing = [it.name for it in fields(Traits) if not any(getattr(one, it.name) for one in met)]
    assert not missing
    assert any(seed % ADAPTERS_EVERY == 0 for seed in digests.SEEDS)


def test_another_story_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the seed, the version and the commands."""
    monkeypatch.setattr(digests, "present", lambda: digests.known() | {"8": "another"})
    assert command.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "says: 8." in told
    assert "raise VERSION" in told
    assert "script/simulate --defects --postgres" in told

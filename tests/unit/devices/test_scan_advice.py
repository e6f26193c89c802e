"""What an officer is told to do about a scan that the parsers refuse."""

import pytest

from adapters.devices.scanner.notes import advice_on
from hub.file_checks.verdicts import ACTIVE, BOMB, BROKEN, LOCKED
from hub.texts import text


@pytest.mark.parametrize("code", [ACTIVE, BOMB, BROKEN, LOCKED])
def test_each_verdict_on_a_file_has_an_advice_of_its_own(code: str) -> None:
    """A stack that is too thick is divided, and needs no visit of ward IT."""
    assert advice_on(code) != text("scans.other")

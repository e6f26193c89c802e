"""The runbook has a heading for each code by which a sign-in by a provider is refused."""

import re
from pathlib import Path

from hub.rules.users.identities import IdentityRefusal

PAGE = Path(__file__).parents[3] / "docs/runbook/identities.md"


def test_each_code_of_a_refusal_has_a_heading_and_its_sentences() -> None:
    """And no heading is of a code that is gone."""
    headings = re.findall(r"^### (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [code.value for code in IdentityRefusal]
    for code in IdentityRefusal:
        assert code.text.vi != code.text.en
        assert code.to_do.vi != code.to_do.en

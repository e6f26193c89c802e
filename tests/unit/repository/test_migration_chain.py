"""The steps of the schema form one chain: two that land side by side with one number are found."""

import re
from pathlib import Path

STEPS = Path("hub/store/schema/migrations/versions")
MARK = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = (?:"(\w+)"|None)$', re.MULTILINE)


def test_each_step_has_the_next_number_and_follows_the_one_before() -> None:
    """Else nothing can be migrated any more."""
    before = ""
    for file in sorted(STEPS.glob("[0-9]*.py")):
        found = {it[1]: it[2] or "" for it in MARK.finditer(file.read_text(encoding="utf-8"))}
        assert found == {"revision": file.name[:4], "down_revision": before}, file.name
        before = found["revision"]
    assert before

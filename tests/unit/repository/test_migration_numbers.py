"""Migrations are one chain: two that were written side by side cannot both follow the same one."""

import re

from tests.support.documents.commands import ROOT

VERSIONS = ROOT / "hub" / "store" / "schema" / "migrations" / "versions"


def test_each_migration_has_the_number_of_its_file_and_follows_the_one_before() -> None:
    """Read as text: this has to be told before a database is asked."""
    found = []
    for path in sorted(VERSIONS.glob("[0-9]*.py")):
        named = dict(
            re.findall(
                r'^(revision|down_revision)\b[^=\n]*= "(\d{4})"',
                path.read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
        assert path.name.startswith(f"{named['revision']}_"), path.name
        found.append((named["revision"], named.get("down_revision")))
    numbers = [number for number, _ in found]
    assert len(set(numbers)) == len(numbers)
    assert [before for _, before in found[1:]] == numbers[:-1]

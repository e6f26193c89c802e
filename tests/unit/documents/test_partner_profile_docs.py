"""Every key of a profile is explained, in the document and in the shipped files' comments."""

import re
from pathlib import Path

import msgspec
import pytest

from adapters.provincial import profile as province
from adapters.town_center import profile as town
from adapters.wire.profile.convert import keys_of
from adapters.wire.profile.load import BY_ENTRY
from adapters.wire.profile.records import Code, Profile

DOCUMENT = Path(__file__).parents[3] / "docs" / "partner-profile.md"
SECTIONS = {
    it.name: Code if it.name == "codes" else it.type for it in msgspec.structs.fields(Profile)
}

NOT_WRITTEN = {
    province.SHIPPED: province.FOREIGN,
    town.SHIPPED: town.FOREIGN | {("codes", "words")},
}


def test_the_document_lists_every_key_with_what_is_allowed() -> None:
    """Sections, keys, what is allowed and what it means: the same words as in the catalogue."""
    parts = re.split(r"^## ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    told = {
        part.partition("\n")[0]: re.findall(r"^\| `(.*) \|$", part, re.MULTILINE) for part in parts
    }
    assert told == {
        name: [
            f"{key}` | {about.allowed.en.replace('|', '/')} | {about.meaning.en}"
            for key, (_, about) in keys_of(kind).items()
        ]
        for name, kind in SECTIONS.items()
    }


@pytest.mark.parametrize("shipped", [province.SHIPPED, town.SHIPPED], ids=["province", "town"])
def test_a_shipped_file_explains_every_key_that_it_sets(shipped: Path) -> None:
    """Who opens the file needs no second document to change it."""
    section, told, silent = "", "", []
    for line in shipped.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            told = told if section.startswith("codes") else ""
        elif line.startswith("#"):
            told += line + "\n"
        elif (key := line.partition(" = ")[0]) != line:
            by_entry = tuple(section.split(".")) in BY_ENTRY
            if not by_entry and not re.search(rf"\b{key}\b", told):
                silent.append(f"{section}.{key}")
    assert silent == []


@pytest.mark.parametrize("shipped", [province.SHIPPED, town.SHIPPED], ids=["province", "town"])
def test_a_shipped_file_writes_every_key_that_concerns_its_partner(shipped: Path) -> None:
    """Nothing that can be set is hidden, and nothing is there that has no effect."""
    text = shipped.read_text(encoding="utf-8")
    foreign = NOT_WRITTEN[shipped]
    for name, kind in SECTIONS.items():
        for key in keys_of(kind):
            if (name, key) not in BY_ENTRY | foreign:
                assert re.search(rf"^{key} = ", text, re.MULTILINE), f"{name}.{key}"

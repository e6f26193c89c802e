"""A room holds one idea, a file can be read at once: neither grows beyond what is counted here."""

from collections import Counter
from pathlib import Path

from tests.support.documents.sources import ROOT, modules

MODULES = 12
LINES = 400

CROWDED = {"hub/store/schema/migrations/versions"}
"""Folders with more modules: a released step of a migration never moves. No other reason counts."""


def all_modules() -> list[Path]:
    return [path.relative_to(ROOT) for path in modules("hub", "adapters", "tests")]


def test_no_folder_has_more_modules_than_a_reader_keeps_in_mind() -> None:
    """A folder of over twelve modules, `__init__` not counted, gets rooms before the next lands."""
    counts = Counter(str(path.parent) for path in all_modules() if path.name != "__init__.py")
    assert {folder for folder, count in counts.items() if count > MODULES} == CROWDED


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    """A file of over 400 lines is split before it lands."""
    lengths = {
        str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in all_modules()
    }
    assert {path for path, lines in lengths.items() if lines > LINES} == set()

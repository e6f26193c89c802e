"""The runbook's written pages are fresh, and their texts cover exactly what the code has."""

import ast
from pathlib import Path

import msgspec
import pytest

from hub.rules.failures import fault_catalog
from hub.rules.failures.errors import FAULTS
from hub.runtime.telemetry import Event
from hub.settings import Settings
from tests.support.documents.commands import ROOT
from tests.support.documents.runbook_pages import FOLDER, PAGES, texts


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_comes_from_the_code_is_fresh(name: str) -> None:
    """Else run script/docs."""
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run script/docs"


def test_every_log_event_and_setting_has_its_text_in_both_languages() -> None:
    """In the order of the code, and none that is gone."""
    events, settings = texts("log_events"), texts("settings")
    assert [it["name"] for it in events] == [event.value for event in Event]
    assert [it["name"] for it in settings] == [it.name for it in msgspec.structs.fields(Settings)]
    assert all(it["vi"] and it["en"] for it in events + settings)


def test_every_fault_code_has_its_heading() -> None:
    """An operator finds the code that a list shows."""
    page = PAGES["fault-codes.md"]()
    headings = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert headings == [it.code for it in fault_catalog.load({})]
    assert headings[: len(FAULTS)] == list(FAULTS)


def test_every_line_of_the_doctor_is_explained() -> None:
    """What the preflight can print, with `*` for a name, has its text; and each text its line."""
    explained = {subject for it in texts("doctor") for subject in it["subjects"]}
    printed = {name for path in (ROOT / "hub/preflight").glob("*.py") for name in subjects(path)}
    assert printed
    assert printed - explained == set()


def subjects(path: Path) -> set[str]:
    """Return the subjects of the checks that a module writes out, with `*` for what it fills in."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = getattr(getattr(node, "func", None), "id", "")
        if isinstance(node, ast.Call) and node.args and name in ("Check", "clock"):
            subject = node.args[0]
            if isinstance(subject, ast.Constant):
                found.add(str(subject.value))
            elif isinstance(subject, ast.JoinedStr):
                parts = (getattr(part, "value", "") for part in subject.values)
                found.add("".join(part if isinstance(part, str) else "*" for part in parts))
    return found

"""The page of the simulators names what there is, all of it."""

import inspect
import json
import re

from adapters.simulation import serve
from adapters.simulation.dialects.tables import NAMES
from adapters.simulation.faults import Fault, FaultKind
from tests.support.documents.commands import ROOT, blocks

PAGE = (ROOT / "docs/simulators.md").read_text(encoding="utf-8")


def first_cells(text: str) -> list[str]:
    """Return the word in backticks that begins each row of a table."""
    return re.findall(r"^\| `([^`]+)` \|", text, flags=re.MULTILINE)


def test_page_names_every_fault_and_every_field_of_a_fault() -> None:
    """A drill needs no source file."""
    fields, kinds = PAGE.split("| Kind | What goes wrong")
    assert set(first_cells(fields)) == set(Fault.__struct_fields__)
    assert first_cells(kinds) == [str(kind) for kind in FaultKind]


def test_page_names_every_dialect() -> None:
    """And no other."""
    named = PAGE.split("`--dialect NAME` takes")[1].split(".\n")[0]
    assert set(re.findall(r"`([a-z-]+)`", named)) == set(NAMES)


def test_page_names_every_request_of_the_control_port() -> None:
    """Paths and what they accept are those of the simulator."""
    (block,) = [it for it in blocks(PAGE) if "_control" in it]
    documented = set(re.findall(r"/_control/\w+", block))
    assert documented == set(re.findall(r'"(/_control/\w+)"', inspect.getsource(serve)))
    bodies = [json.loads(it) for it in re.findall(r"--data '(.*?)'", block)]
    assert len(bodies) == 2

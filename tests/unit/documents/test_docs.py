"""The documents say what the code says: states, queues, roles, tables, commands, files.

A document that has drifted misleads an operator at the worst moment, so each list in it is compared
with the code both ways.
"""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer.main

import hub
from hub.broker.topology import TOPOLOGY
from hub.cli import app
from hub.cli.commands import FORMER
from hub.rules.deliveries.states import FINAL, MOVES, DeliveryState
from hub.rules.failures.errors import FaultClass
from hub.runtime.telemetry import Event
from hub.settings import ROLES
from hub.store.schema.growing import BOUNDED, GROWING
from hub.store.schema.tables.exchange import JOURNAL_STATES
from hub.texts import both

ROOT = Path(__file__).parents[3]
NAMES = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
)
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
README, ARCHITECTURE = TEXTS["README.md"], TEXTS["ARCHITECTURE.md"]
every_document = pytest.mark.parametrize("name", NAMES)
AT = datetime(2018, 9, 15, tzinfo=UTC)


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    after = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{level}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    """Return the words in backticks of the first cell of every table row."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def codes(text: str) -> str:
    """Return only what stands in code: fenced blocks without their comments, and spans."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    fenced = [re.sub(r"(^|\s)# .*", "", block) for block in blocks]
    rest = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join((*fenced, *re.findall(r"`([^`\n]+)`", rest)))


def slug(heading: str) -> str:
    """Return the anchor that a forge makes of a heading."""
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return plain.strip().replace(" ", "-")


def test_the_graph_of_delivery_states_is_the_table_in_the_code() -> None:
    """Every edge of the picture is a legal move and every legal move is in the picture."""
    graph = section(ARCHITECTURE, "## States of a delivery").split("```mermaid", 1)[1]
    edges = re.findall(r"^ +(\S+) --> (\S+)$", graph.split("```", 1)[0], flags=re.MULTILINE)
    assert len(edges) == len(set(edges))
    moves = {edge for edge in edges if "[*]" not in edge}
    assert moves == {(str(a), str(b)) for a, targets in MOVES.items() for b in targets}
    assert {a for a, b in edges if b == "[*]"} == set(map(str, FINAL))
    assert {b for a, b in edges if a == "[*]"} == {"pending", "held"}


def test_every_state_is_explained() -> None:
    """Each state of a delivery and of a message has its line, and no other."""
    text = section(ARCHITECTURE, "## States of a delivery")
    of_deliveries = first_cells(text.split("### ")[0])
    of_messages = first_cells(section(ARCHITECTURE, "### States of a message"))
    assert sorted(of_deliveries) == sorted(map(str, DeliveryState))
    assert sorted(of_messages) == sorted(JOURNAL_STATES)


def test_every_class_of_failure_is_explained() -> None:
    """An operator finds each class that a fault code can have."""
    assert set(first_cells(section(ARCHITECTURE, "## Failures"))) == set(map(str, FaultClass))


def test_every_table_queue_and_role_is_named() -> None:
    """Store, broker and process view are complete, and name nothing that is not there."""
    assert set(first_cells(TEXTS["docs/tables.md"])) == GROWING | BOUNDED
    queues = {queue.name for queue in TOPOLOGY.queues}
    assert set(first_cells(section(ARCHITECTURE, "## Broker"))) == queues
    assert set(first_cells(section(ARCHITECTURE, "## Threads and processes"))) == set(ROLES)


def test_the_readme_names_every_folder_of_the_hub() -> None:
    """A newcomer finds what is where, and no folder that is gone."""
    named = re.findall(r"`hub/(\w+)/`", section(README, "## Folders"))
    assert sorted(named) == sorted(it.parent.name for it in (ROOT / "hub").glob("*/__init__.py"))


def test_the_picture_of_the_way_names_only_queues_that_exist() -> None:
    """The README's picture and the topology agree."""
    picture = section(README, "## The way of a message")
    named = set(re.findall(r"\b(?:ingest|deliver)\.[a-z_]+", picture))
    assert named
    assert named <= {queue.name for queue in TOPOLOGY.queues}


def test_every_log_event_is_logged_by_somebody() -> None:
    """No operator waits for a line that never comes."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "hub").rglob("*.py")]
    said = {name for text in sources for name in re.findall(r"\bEvent\.([A-Z_]+)", text)}
    # adapters do not see the hub's list and write the names out
    adapters = [path.read_text(encoding="utf-8") for path in (ROOT / "adapters").rglob("*.py")]
    written = {name for text in adapters for name in re.findall(r'\blog\.\w+\(\s*"(\w+)"', text)}
    said |= {name.upper() for name in written}
    assert said == {event.name for event in Event}


def test_every_dependency_has_its_reason() -> None:
    """Nothing is installed that nobody can justify, and nothing is justified that is gone."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = data["dependency-groups"]
    extras = [it for extra in data["project"]["optional-dependencies"].values() for it in extra]
    wanted = [*data["project"]["dependencies"], *extras]
    wanted += [*groups["build"], *groups["dev"], *groups["bench"]]
    names = [re.match(r"[\w-]+", line)[0] for line in wanted]  # type: ignore[index]
    assert sorted(first_cells(TEXTS["docs/dependencies.md"])) == sorted(names)


def test_the_version_is_the_same_everywhere() -> None:
    """Package, metadata and changelog: the newest entry, or what the unreleased one becomes."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert hub.__version__ == data["project"]["version"]
    head = TEXTS["CHANGELOG.md"].split("\n## ", 2)[1]
    released = re.match(r"\[(\d[^\]]*)\] - \d{4}-\d\d-\d\d\n", head)
    becomes = re.match(r"\[Unreleased\]\n\nBecomes ([\d.]+);", head)
    if released:
        assert hub.__version__ == released[1]
    else:
        assert becomes is not None
        assert hub.__version__ == f"{becomes[1]}.dev0"


@pytest.mark.parametrize("name", ["unavailable.former_verb", "settings_problems.former_works"])
def test_former_names_work_no_longer_than_promised(name: str) -> None:
    """The line on stderr names the last release; 0.4 is made without them."""
    words = both(name, former="stuck", old="HUB_OLD", new="-")
    assert "0.3" in words.vi
    assert "0.3" in words.en
    assert hub.__version__.split(".")[:2] == ["0", "3"], "take the former names out"


@every_document
def test_every_link_leads_somewhere(name: str) -> None:
    """Files exist, and so do the headings that anchors name."""
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        here = ROOT / name
        place = here.parent / path if path else here
        assert place.exists(), target
        if anchor:
            text = place.read_text(encoding="utf-8")
            anchors = set(map(slug, re.findall(r"^#+ (.+)$", text, re.MULTILINE)))
            assert anchor in anchors | set(re.findall(r'<a id="([^"]+)">', text)), target


@every_document
def test_every_command_exists(name: str) -> None:
    """What is to be typed after `hub` is a command of it, and so is what stands behind a group."""
    root: Any = typer.main.get_command(app)
    commands: dict[str, Any] = root.commands
    for first, second in re.findall(
        r"(?<![\w/.\-])(?:\.venv/bin/)?hub ([a-z][\w|-]*)(?: ([a-z][\w|-]*))?", codes(TEXTS[name])
    ):
        if name == "CHANGELOG.md" and first in FORMER:
            continue  # what it was called in that release
        assert first in commands, f"hub {first}"
        inner = getattr(commands[first], "commands", {})
        for word in second.split("|") if inner and second else ():
            assert word in inner, f"hub {first} {word}"


@every_document
def test_every_file_that_is_named_exists(name: str) -> None:
    """Scripts, modules, schemas and tests in backticks are there."""
    pattern = r"(?<![\w/.\-])((?:script|hub|adapters|schemas|tests|requirements)/[\w./-]*|\.ci/run)"
    for path in re.findall(pattern, codes(TEXTS[name])):
        assert (ROOT / path.rstrip(".")).exists(), path


@pytest.mark.parametrize(
    ("name", "mark"),
    [("docs/demo.md", "demo"), ("docs/benchmarks.md", "bench"), ("README.md", "matrix")],
)
def test_block_that_is_filled_from_a_run_is_there(name: str, mark: str) -> None:
    """Output of the demo, of the benchmarks and of the matrix has its marked place."""
    assert TEXTS[name].count(f"<!-- {mark} -->") == TEXTS[name].count(f"<!-- /{mark} -->") == 1


def test_the_readme_is_read_in_ten_minutes() -> None:
    """Long tables are in docs/."""
    assert len(README.splitlines()) <= 250

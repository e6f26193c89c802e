"""The AsyncAPI document is read by the parser of AsyncAPI's makers, which finds nothing to say."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hub.broker.topology import TOPOLOGY
from tests.foreign.programs import MODULES, PARTNERS, node, npm_package

DOCUMENT = Path(__file__).parents[3] / "schemas/hub/asyncapi.json"


def parsed(path: Path) -> dict[str, Any]:
    """Return the channels and the diagnostics that the parser gives; raises MissingProgram."""
    npm_package("@asyncapi/parser")
    done = subprocess.run(
        [node(), str(PARTNERS / "asyncapi-check.cjs"), str(path)],
        env={"PATH": os.environ.get("PATH", ""), "NODE_PATH": str(MODULES)},
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_document_is_valid_and_names_every_queue_and_exchange() -> None:
    """No warning either. (It checks no examples; `test_catalog.py` does.)"""
    found = parsed(DOCUMENT)
    assert found["said"] == []
    names = {one.name for one in TOPOLOGY.exchanges} | {one.name for one in TOPOLOGY.queues}
    assert sorted(found["channels"]) == sorted(names)


@pytest.mark.parametrize("wrong", ["reference", "schema"])
def test_the_parser_reports_a_planted_mistake(tmp_path: Path, wrong: str) -> None:
    """Else the test above would prove nothing."""
    document = json.loads(DOCUMENT.read_bytes())
    if wrong == "reference":
        document["channels"]["ingest.records"]["servers"] = [{"$ref": "#/servers/none"}]
    else:
        document["components"]["schemas"]["Work"]["type"] = "objekt"
    path = tmp_path / "asyncapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert parsed(path)["said"]

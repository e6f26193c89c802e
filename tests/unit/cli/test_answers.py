"""The document of a command holds records by the names of their fields."""

import json

import pytest

from hub.broker.admin.compare import missing
from hub.cli.output import answer


def test_a_record_stands_in_the_document_by_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """`hub topology plan --json` names what differs, and does not end in a traceback."""
    answer.begin("topology plan", json=True)
    answer.put(differences=(missing("queue hub.dead", "durable quorum"),))
    answer.end(1)
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference["subject"] == "queue hub.dead"
    assert difference["loses_messages"] is True

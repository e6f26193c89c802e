"""What the town's reply to a writing call says of our dossier, and what it does not."""

import json
from typing import Any

import pytest

from adapters.town_center import faults
from adapters.town_center.profile import shipped
from adapters.wire.http import Reply
from hub.rules.failures.errors import AmbiguousFailure, PermanentFailure

TABLE = faults.table_of(shipped())
NUMBER = "000.99.02.H57-180724-0001"


def reply(*, status: int = 200, data: int = 1, code: str = "00", **more: str) -> Reply:
    """Return a reply of the town."""
    outcome = {
        "success": code == "00",
        "code": code,
        "type": "x",
        "time": "2018-07-24T09:00:00+07:00",
        "message": "",
    }
    body = json.dumps({"data": data, "status": outcome, **more})
    return Reply(status=status, body=body.encode())


@pytest.mark.parametrize("code", ["00", "03"])
@pytest.mark.parametrize("named", [{}, {"SoBienNhan": NUMBER + "1"}], ids=["none", "another"])
def test_only_a_reply_that_names_our_dossier_is_success(code: str, named: Any) -> None:
    """Done or already there, about another dossier or about none: unknown, so the town is asked."""
    data = 1 if code == "00" else 0
    done = faults.outcome(reply(data=data, code=code, SoBienNhan=NUMBER), NUMBER, table=TABLE)
    assert done.already is (code == "03")
    with pytest.raises(AmbiguousFailure) as caught:
        faults.outcome(reply(data=data, code=code, **named), NUMBER, table=TABLE)
    assert caught.value.code == "reply_unreadable"
    assert NUMBER not in caught.value.detail


def test_a_number_in_small_letters_is_our_dossier() -> None:
    """Some programs change the case of what they are given; it is noted, once a reply."""
    small = reply(SoBienNhan=NUMBER.lower())
    assert not faults.outcome(small, NUMBER, table=TABLE).already
    assert [(it.kind, it.place) for it in small.findings.drift if it.place == "SoBienNhan"]


def test_a_refusal_of_another_dossier_is_not_ours() -> None:
    """A refusal names no dossier, or ours; one that names another says nothing of ours."""
    refused = {"status": 400, "data": 0, "code": "10"}
    for named in ({}, {"SoBienNhan": NUMBER}):
        with pytest.raises(PermanentFailure):
            faults.outcome(reply(**refused, **named), NUMBER, table=TABLE)  # type: ignore[arg-type]
    with pytest.raises(AmbiguousFailure):
        faults.outcome(reply(**refused, SoBienNhan="another"), NUMBER, table=TABLE)  # type: ignore[arg-type]

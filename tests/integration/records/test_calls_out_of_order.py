"""What a partner says out of order is kept, moves nothing, and the control slip says why."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.messages import catalog
from hub.messages import payloads as p
from tests.support.ward import BIRTH, LAND, MONDAY, NUMBER, Ward, open_ward, reception

BY: dict[str, Any] = {"number": NUMBER, "officer": "Lê Thị Thử", "unit": "Sở Thử"}
EARLY, LATE = MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=9)
NOTICE = p.TaxNotice(notice_number="TB-1", kind="Lệ phí", amount=1)
CALLS: list[p.Payload] = [
    p.StatusSet(status=p.Status.PROCESSING, at=EARLY, **BY),
    p.SupplementRequested(at=EARLY, papers=("Giấy chứng sinh",), reason="Bản chụp mờ", **BY),
    p.PaymentRequested(at=EARLY, notices=(NOTICE,), **BY),
    p.ProcedureCorrected(at=EARLY, wrong=BIRTH, right=LAND, **BY),
    p.ResultIssued(at=EARLY, **BY),
]


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ward]:
    """A ward whose dossier was handed out, which the commands look at."""
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HUB_LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "250")
    with open_ward(tmp_path) as opened:
        opened.accept(reception())
        say(opened, p.StatusSet(status=p.Status.FINISHED, at=LATE, **BY))
        say(opened, p.StatusSet(status=p.Status.RETURNED, at=LATE, **BY))
        yield opened


def say(ward: Ward, payload: p.Payload, source: str = "portal") -> str:
    """Have a partner say something, and let it be handled; return the message's id."""
    files = [ward.file(b"result", "")] if isinstance(payload, p.ResultIssued) else []
    message = catalog.compose(payload, time=MONDAY, source=source, attachments=files)
    ward.intake.accept(message)
    ward.settle()
    return message.id


@pytest.mark.parametrize("call", CALLS, ids=lambda it: type(it).__name__)
def test_a_call_out_of_order_moves_nothing_and_stands_in_the_slip(
    ward: Ward, call: p.Payload
) -> None:
    """Each of the five operations that say something of a dossier; nobody is told of it."""
    before, told = ward.dossier(), len(ward.everything_sent())
    id = say(ward, call)
    assert ward.dossier() == before
    assert len(ward.everything_sent()) == told
    slip = CliRunner().invoke(app, ["dossier", "trail", NUMBER])
    (line,) = (it for it in slip.output.splitlines() if id in it)
    assert catalog.type_of(type(call)).name in line
    assert "kept, not applied" in line

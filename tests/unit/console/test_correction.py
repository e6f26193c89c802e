"""The fields of a message in a form: sent as they were shown they change nothing."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.console.settling.correction import MASK, corrected, form_fields
from hub.messages.envelope import Message, decode
from tests.support.documents.commands import ROOT

EXAMPLES = sorted((ROOT / "schemas/examples").glob("*.json"))


def read(path: Path) -> Message:
    """Return the message of an example."""
    return decode(path.read_bytes())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("unmasked", [True, False])
def test_a_form_that_was_not_changed_changes_nothing(path: Path, unmasked: bool) -> None:
    """With every field shown, and with the personal ones masked."""
    message = read(path)
    shown = {it.name: it.value for it in form_fields(message, unmasked=unmasked)}
    assert shown
    same = corrected(message, shown, unmasked=unmasked)
    assert msgspec.json.decode(same) == msgspec.json.decode(message.payload)


@given(value=st.text(max_size=30))
def test_what_is_fixed_stays_whatever_a_form_says(value: str) -> None:
    """A masked field and the dossier number."""
    message = read(ROOT / "schemas/examples/province.dossier.v1.json")
    fixed = [it for it in form_fields(message, unmasked=False) if it.fixed]
    assert {"maHoSo", "chuHoSo.hoTen"} <= {it.path for it in fixed}
    assert {it.value for it in fixed if it.path.startswith("chuHoSo")} <= {MASK, ""}
    typed = {it.name: value for it in fixed}
    same = corrected(message, typed, unmasked=False)
    assert msgspec.json.decode(same) == msgspec.json.decode(message.payload)

"""The fields of a message in a form: as shown they change nothing; each can be changed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.console.forms.filled import FormRefused
from hub.console.settling.correction import MASK, FormField, corrected, form_fields
from hub.messages import catalog
from hub.messages.envelope import Message, decode
from hub.messages.invalid import InvalidMessage
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


def others(field: FormField) -> Iterator[str]:
    """Yield values that a person may type instead of the one that a field has."""
    if field.kind in ("choice", "flag"):
        yield from (it for it in field.choices or ("true", "false") if it != field.value)
    elif field.kind == "whole":
        yield from (str(int(field.value or 0) + 1), str(int(field.value or 0) - 1))
    elif field.kind == "number":
        yield str(float(field.value or 0) + 0.25)
    else:
        digit = next((n for n in reversed(range(len(field.value))) if field.value[n].isdigit()), 0)
        before, at, after = field.value[:digit], field.value[digit:][:1], field.value[digit + 1 :]
        yield before + ("8" if at == "9" else "9") + after
        yield field.value + "a"
        yield from ("2018-08-21T17:00:00+07:00", "2018-08-21", "application/pdf")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_field_of_each_type_can_be_corrected(path: Path) -> None:
    """For each there is a value to type with which the message fits its type and differs."""
    message = read(path)
    before = catalog.read(message)
    free = [it for it in form_fields(message, unmasked=True) if not it.fixed]
    assert free

    def takes(field: FormField, typed: str) -> bool:
        payload = msgspec.Raw(corrected(message, {field.name: typed}, unmasked=True))
        try:
            return catalog.read(msgspec.structs.replace(message, payload=payload)) != before
        except InvalidMessage:
            return False

    assert [it.path for it in free if not any(takes(it, typed) for typed in others(it))] == []


@pytest.mark.parametrize("typed", ["99,5", "about 99", "", "nan", "inf", "1e999"])
def test_an_area_that_is_no_number_is_refused_with_its_field(typed: str) -> None:
    """Also what a computer reads as a number, and no schema does."""
    message = read(ROOT / "schemas/examples/dossier.received.v1.json")
    with pytest.raises(FormRefused) as refused:
        corrected(message, {"f.thuaDat.0.dienTich": typed}, unmasked=True)
    assert "thuaDat.0.dienTich" in refused.value.text.en

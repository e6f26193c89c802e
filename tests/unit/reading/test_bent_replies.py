"""Any mix of a partner's habits leaves a reply's meaning; a break in the mix leaves none."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.provincial import faults as province
from adapters.provincial.protocol.protocol import ProvinceProtocol
from adapters.provincial.protocol.rest import RestProtocol
from adapters.provincial.protocol.soap import SoapProtocol
from adapters.town_center import faults as town
from adapters.town_center.profile import shipped
from adapters.wire.profile import Means
from hub.rules.failures.errors import AmbiguousFailure
from tests.support.partners.bent_replies import (
    BREAKING,
    EVERYWHERE,
    IN_XML,
    NUMBER,
    Change,
    Draft,
    received,
)
from tests.support.partners.province import settings_for

SETTINGS = settings_for("http://127.0.0.1:9")
DIALECTS: dict[str, ProvinceProtocol] = {
    "soap": SoapProtocol(SETTINGS),
    "rest": RestProtocol(SETTINGS),
}
CODES = province.table_of(SETTINGS.profile)
TOWN_CODES = town.table_of(shipped())
REFERENCE = f"TTH-{NUMBER}"
OPERATION = "DongBoHoSoMC"


def of_province(mode: str, draw: random.Random) -> Draft:
    done = [("MaHoSo", NUMBER), ("MaThamChieu", REFERENCE)]
    fields = [("error_code", 0), ("message", "Thành công, không có lỗi"), ("result", [done])]
    return Draft(fields, mode == "soap", draw)


def of_town(draw: random.Random) -> Draft:
    status: list[tuple[str, Any]] = [("success", True), ("code", "00"), ("type", "x")]
    status += [("time", "2018-07-24T09:00:00+07:00"), ("message", "Thành công.")]
    fields = [("data", 1), ("SoBienNhan", NUMBER), ("MaHoSoThiXa", REFERENCE), ("status", status)]
    return Draft(fields, False, draw)


def province_says(draft: Draft, mode: str) -> str:
    """Return the reference of our dossier, "" where the reply does not say that it is done."""
    reply = received(draft)
    result = DIALECTS[mode].read(OPERATION, reply)
    means = province.meaning(reply, result.code, result.message, table=CODES)
    if means is not Means.DONE or NUMBER not in result.done:
        raise AmbiguousFailure("reply_unreadable", "not done")
    return result.done[NUMBER]


def town_says(draft: Draft) -> str:
    done = town.outcome(received(draft), NUMBER, table=TOWN_CODES)
    assert not done.already
    return done.own_number


def code_of(mode: str) -> tuple[Callable[[random.Random], Draft], Callable[[Draft], str]]:
    if mode == "town":
        return of_town, town_says
    return (lambda draw: of_province(mode, draw)), (lambda draft: province_says(draft, mode))


def bends(mode: str) -> list[Change]:
    return [*EVERYWHERE, *(IN_XML if mode == "soap" else ())]


def _text_code(draft: Draft) -> None:
    draft.put("error_code", draft.draw.choice(["0", " 0 ", "00", "0.0", "\n0\n"]))
    draft.put("data", draft.draw.choice(["1", True, "true", " 1 ", 1.0]))


def _one_record(draft: Draft) -> None:
    draft.fields = [
        (name, value[0] if name == "result" and isinstance(value, list) else value)
        for name, value in draft.fields
    ]


@pytest.mark.parametrize("mode", ["soap", "rest", "town"])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_mix_of_habits_leaves_the_result(mode: str, data: st.DataObject, seed: int) -> None:
    """Order, names, nothing for empty, charset, compression, package, framing: done is done."""
    make, says = code_of(mode)
    draft = make(random.Random(seed))
    known = [_text_code, _one_record, *bends(mode)]
    for change in data.draw(st.lists(st.sampled_from(known), max_size=8, unique=True)):
        change(draft)
    assert says(draft) == REFERENCE


def _unknown_code(draft: Draft) -> None:
    _set_code(draft, draft.draw.choice(["77", "", "x", "0x0", "true"]))


def _set_code(draft: Draft, code: Any) -> None:
    draft.put("error_code", code)
    for name, value in draft.fields:
        if name.casefold() == "status":
            value[:] = [(it, code if it == "code" else old) for it, old in value]


def _words_of_failure(draft: Draft) -> None:
    words = draft.draw.choice(
        ["Không thành công", "Thất bại", "Lỗi hệ thống", "KHONG THANH CONG", "Kh?ng th?nh c?ng"]
    )
    draft.put("message", words)
    for name, value in draft.fields:
        if name.casefold() == "status":
            value[:] = [(it, words if it == "message" else old) for it, old in value]


def _other_dossier(draft: Draft) -> None:
    other = draft.draw.choice([NUMBER + "1", "", NUMBER[:-1]])
    draft.put("SoBienNhan", other)
    draft.put("result", [[("MaHoSo", other), ("MaThamChieu", "x")]])


def _two_codes(draft: Draft) -> None:
    draft.fields.append(("error_code", -1))
    draft.fields.append(("data", 0))
    draft.fields.append(("SoBienNhan", "x"))


MEANING = [_unknown_code, _words_of_failure, _other_dossier, _two_codes, *BREAKING]
LAST = {"break_length", "_two_codes"}


@pytest.mark.parametrize("mode", ["soap", "rest", "town"])
@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_any_mix_with_a_break_in_it_is_unknown(mode: str, data: st.DataObject, seed: int) -> None:
    """Never done, and never certainly not done."""
    make, says = code_of(mode)
    draft = make(random.Random(seed))
    breaks = data.draw(st.lists(st.sampled_from(MEANING), min_size=1, max_size=2, unique=True))
    habits = [it for it in bends(mode) if it.__name__ not in {"_empty_message", "_other_case"}]
    for change in data.draw(st.lists(st.sampled_from(habits), max_size=6, unique=True)):
        # A package that is cut behind its root part is read all the same.
        if change.__name__ not in {"_chunk", "_package"} or not LAST & {
            it.__name__ for it in breaks
        }:
            change(draft)
    for change in breaks:
        change(draft)
    with pytest.raises(AmbiguousFailure):
        says(draft)

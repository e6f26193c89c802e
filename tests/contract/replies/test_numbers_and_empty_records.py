"""A number in small letters is the same, an empty record is none, and some times are none."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.token import granted
from adapters.wire.reading import Reply
from hub.ports import Absent, Drift, DriftKind, Receipt
from hub.rules.failures.errors import AmbiguousFailure, TransientFailure
from tests.support.partners.province import (
    dossier,
    effects,
    request_for,
    settings_for,
)
from tests.support.partners.rewriting import Answer, Call, Rewriting

Record = dict[str, Any]
EMPTY = {"HoSo": {"MaHoSo": "", "TrangThaiHoSo": "", "NgayTiepNhan": None}, "TienDo": []}


def in_look_ups(change: Callable[[Record], object]) -> Callable[[Call, Answer], Answer]:
    """Change the object that the reply to each look-up is."""

    def after(call: Call, answer: Answer) -> Answer:
        if b"TraCuuHoSo" not in call.body:
            return answer
        whole = json.loads(answer.body)
        change(whole)
        return replace(answer, body=json.dumps(whole).encode())

    return after


def test_a_number_in_small_letters_is_the_number(
    province: SimulatorProcess, gateway: Rewriting, number: str
) -> None:
    """In the reply to the call and in the look-up; both are told as drift."""
    seen: list[Drift] = []
    small = number.lower().encode()

    def after(_: Call, answer: Answer) -> Answer:
        return replace(answer, body=answer.body.replace(number.encode(), small))

    gateway.after = after
    settings = settings_for(gateway.url, mode="rest")
    with closing(ProvincialDestination(settings, observe=seen.extend)) as destination:
        request = request_for(destination, dossier(number))
        assert isinstance(destination.send(request), Receipt)
        assert isinstance(destination.find(request), Receipt)
    assert effects(province, number) == ["dossier"]
    places = {it.place for it in seen if it.kind is DriftKind.UNKNOWN_VALUE}
    assert {"result/MaHoSo", "HoSo/MaHoSo"} <= places


def test_another_number_is_refused_with_the_field_and_what_to_do(
    gateway: Rewriting, number: str
) -> None:
    """Of a call the effect is unknown; a look-up is made again."""
    other = number.replace("180724", "180729").encode()
    with closing(ProvincialDestination(settings_for(gateway.url, mode="rest"))) as destination:
        request = request_for(destination, dossier(number))

        def after(_: Call, answer: Answer) -> Answer:
            return replace(answer, body=answer.body.replace(number.encode(), other))

        gateway.after = after
        with pytest.raises(AmbiguousFailure, match=r"result/MaHoSo: .*; ask the partner"):
            destination.send(request)
        with pytest.raises(TransientFailure, match=r"HoSo/MaHoSo: .*; ask the partner"):
            destination.find(request)


@pytest.mark.parametrize("named", [False, True])
def test_a_record_of_empty_fields_beside_a_code_of_none_is_no_record(
    gateway: Rewriting, number: str, named: bool
) -> None:
    """Also one that repeats the number that was asked for; one with contents is a contradiction."""
    with closing(ProvincialDestination(settings_for(gateway.url, mode="rest"))) as destination:
        request = request_for(destination, dossier(number))
        record: Record = json.loads(json.dumps(EMPTY))
        record["HoSo"]["MaHoSo"] = number if named else ""
        gateway.after = in_look_ups(lambda it: it.update(result=[record]))
        assert destination.find(request) == Absent()
        record["HoSo"]["ChuHoSo"] = "Người Thử"
        with pytest.raises(TransientFailure, match="HoSo: a dossier beside a code of none"):
            destination.find(request)


@pytest.mark.parametrize(
    "none",
    [
        "00010101000000",
        "0001-01-01T00:00:00",
        "1900-01-01",
        "01/01/1753",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_the_first_day_of_a_calendar_is_no_time(gateway: Rewriting, number: str, none: str) -> None:
    """Where the dossier has not come to an end .NET and SQL Server write one."""
    ends = dict.fromkeys(("NgayTra", "NgayKetThucXuLy", "NgayTuChoi"), none)
    with closing(ProvincialDestination(settings_for(gateway.url, mode="rest"))) as destination:
        request = request_for(destination, dossier(number))
        destination.send(request)
        gateway.after = in_look_ups(lambda it: it["result"][0]["HoSo"].update(ends))
        found = destination.find(request)
        assert isinstance(found, Receipt)
        assert (found.differs, found.alike) == ((), ())


@pytest.mark.parametrize("seconds", [10**400, -1, 0])
def test_a_lifetime_that_is_none_counts_as_not_said(seconds: int) -> None:
    """Also a number that no machine can hold."""
    body = json.dumps({"access_token": "abc", "token_type": "bearer", "expires_in": seconds})
    cautious = timedelta(minutes=5)
    found = granted(Reply(status=200, body=body.encode()), cautious=cautious)
    assert found.lifetime == cautious - timedelta(seconds=30)

"""A list that a reply does not have says nothing: what it would hold is never taken for absent.

The effect is in the simulator's ledger; a look-up that hides the list behind a gateway may not
prove the contrary, and what is missing is named. A list that is there and empty is a proof.
"""

import json
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from adapters.provincial import profile
from adapters.provincial.destination import ProvincialDestination
from adapters.simulation.process import SimulatorProcess
from adapters.town_center.destination import TownCenter
from hub.messages.payloads import TownResultReturned
from hub.ports import Absent, Doubt, Receipt, Request, Unclear
from tests.support.partners import province as p
from tests.support.partners import town as t
from tests.support.partners.rewriting import Answer, Call, Rewriting, rewriting

Record = dict[str, Any]


def in_look_ups(
    marks: bytes | str, change: Callable[[str], str]
) -> Callable[[Call, Answer], Answer]:
    """Change the text of the replies to look-ups."""

    def after(call: Call, answer: Answer) -> Answer:
        is_look_up = marks in call.body if isinstance(marks, bytes) else call.method == marks
        if not is_look_up:
            return answer
        return replace(answer, body=change(answer.body.decode()).encode())

    return after


def in_records(change: Callable[[Record, Record], object]) -> Callable[[str], str]:
    """Change each record that was found; `change` gets the whole reply and the record."""

    def text(body: str) -> str:
        whole = json.loads(body)
        for record in whole.get("result") or []:
            change(whole, record)
        return json.dumps(whole, ensure_ascii=False)

    return text


SOAP = {
    "other name": lambda it: it.replace("TienDo>", "TienDoXuLy>"),
    "wrapped": lambda it: re.sub(
        r"(<TienDo>.*</TienDo>)", r"<DSTienDo>\1</DSTienDo>", it, flags=re.DOTALL
    ),
    "written as a text": lambda it: re.sub(
        r"<TienDo>.*</TienDo>", "<lichSu><![CDATA[<buoc/>]]></lichSu>", it, flags=re.DOTALL
    ),
}
REST = {
    "inside the record": lambda _, it: it["HoSo"].update(TienDo=it.pop("TienDo")),
    "beside the result": lambda whole, it: whole.update(TienDo=it.pop("TienDo")),
    "other name": lambda _, it: it.update(TienDoXuLy=it.pop("TienDo")),
    "null": lambda _, it: it.update(TienDo=None),
    "left out": lambda _, it: it.pop("TienDo"),
    "empty beside another": lambda _, it: it.update(TienDo=[], TienDoMoi=it["TienDo"]),
}
HIDDEN = [("soap", name, it) for name, it in SOAP.items()]
HIDDEN += [("rest", name, in_records(it)) for name, it in REST.items()]


@pytest.mark.parametrize(
    ("mode", "name", "change"), HIDDEN, ids=lambda it: it if isinstance(it, str) else ""
)
def test_the_first_step_is_not_absent_where_the_list_of_steps_is_not_in_the_reply(
    province: SimulatorProcess,
    gateway: Rewriting,
    number: str,
    mode: str,
    name: str,
    change: Callable[[str], str],
) -> None:
    """Hidden, moved, renamed, null, left out: unclear, with the field; then read, it is there."""
    with closing(ProvincialDestination(p.settings_for(gateway.url, mode=mode))) as destination:
        first = p.request_for(destination, p.dossier(number))
        asked = replace(p.request_for(destination, p.step(number)), beside=(first,))
        destination.send(first)
        assert destination.find(asked) == Absent()
        destination.send(asked)
        gateway.after = in_look_ups(b"TraCuuHoSo", change)
        found = destination.find(asked)
        assert isinstance(found, Unclear)
        assert (found.why, found.differs) == (Doubt.NOT_SHOWN, ("TienDo",))
        gateway.after = lambda _call, answer: answer
        assert isinstance(destination.find(asked), Receipt)
    assert p.effects(province, number) == ["dossier", "event"]


def test_a_partner_that_is_known_to_omit_empty_lists_can_prove_an_absence(
    gateway: Rewriting, number: str
) -> None:
    """The profile says so; something unknown in the place of the list still proves nothing."""
    shipped = profile.shipped()
    told = structs.replace(shipped.lookup, omits_empty_lists=True)
    settings = p.settings_for(
        gateway.url, mode="rest", profile=structs.replace(shipped, lookup=told)
    )
    with closing(ProvincialDestination(settings)) as destination:
        destination.send(p.request_for(destination, p.dossier(number)))
        asked = p.request_for(destination, p.step(number))
        gateway.after = in_look_ups(b"TraCuuHoSo", in_records(REST["left out"]))
        assert destination.find(asked) == Absent()
        destination.send(asked)
        gateway.after = in_look_ups(b"TraCuuHoSo", in_records(REST["other name"]))
        assert isinstance(destination.find(asked), Unclear)


TOWN = {
    "left out": lambda it: it.pop("traKetQua"),
    "null": lambda it: it.update(traKetQua=None),
    "other name": lambda it: it.update(lichSuTraKetQua=it.pop("traKetQua")),
}


@pytest.mark.parametrize("how", TOWN)
def test_a_call_is_not_absent_at_the_town_where_its_list_is_not_in_the_reply(
    tmp_path: Path, number: str, how: str
) -> None:
    """An empty list is a proof; without the list nothing is said, and the list is named."""

    def change(body: str) -> str:
        whole = json.loads(body)
        TOWN[how](whole["data"])
        return json.dumps(whole, ensure_ascii=False)

    with (
        t.running_town(tmp_path, "--supplement-share", "0") as (hub, town),
        rewriting(town.url) as gateway,
        closing(TownCenter(t.settings_for(gateway.url, hub.url))) as destination,
    ):
        payload = t.transfer(number)
        handed = destination.prepare(t.message_of(payload, hub.put(b"x" * 10)), payload)
        back = TownResultReturned(
            number=number, version=2, returned_at=payload.received_at + timedelta(days=1)
        )
        asked: Request = replace(destination.prepare(t.message_of(back), back), beside=(handed,))
        destination.send(handed)
        assert destination.find(asked) == Absent()
        gateway.after = in_look_ups("GET", change)
        found = destination.find(asked)
        assert isinstance(found, Unclear)
        assert (found.why, found.differs) == (Doubt.NOT_SHOWN, ("traKetQua",))

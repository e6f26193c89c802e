"""Dialects of simulated partners: each habit says what the plain reply says, in another form."""

import gzip
import json
import re
import unicodedata
import zlib
from dataclasses import replace

import httptools
import pytest
from lxml import etree

from adapters.provincial.mapping import Fields
from adapters.provincial.simulator import rest, soap
from adapters.provincial.simulator.office import SESSION_OVER, Kept, OfficeReply
from adapters.simulation.dialects import bytes_forms, http_forms, json_forms, values, xml_forms
from adapters.simulation.dialects.habit import Habit
from adapters.simulation.dialects.speech import Dialects, Setting, apply_habits
from adapters.simulation.dialects.tables import DIALECTS, HABITS, MIXED
from adapters.simulation.dialects.xml_forms import leaves, local
from adapters.simulation.partner import Answer, Call, LookUp

RECORD: Fields = {
    "MaHoSo": "000.99.01.H57-180724-00001",
    "ChuHoSo": "Nguyễn  Văn Mẫu",
    "NgayTra": "",
    "TrangThaiHoSo": "4",
}
STEP: Fields = {"NguoiXuLy": "Lê Văn Thử", "ThoiDiemXuLy": "20180724083011", "TrangThai": "4"}
SAID = OfficeReply(found=Kept(RECORD, steps=[STEP]))
CALL = Call("POST", "/soap", b"", [], b"")
UNKNOWN = {"thoiGianXuLy", "nguoiCapNhat", "_id"}


def in_xml(*habits: Habit) -> Answer:
    return apply_habits(soap.write("TraCuuHoSo", SAID), CALL, habits)


def in_json(*habits: Habit) -> Answer:
    return apply_habits(rest.write("TraCuuHoSo", SAID), CALL, habits)


def read_xml(body: bytes) -> dict[str, str]:
    """Return what is said, whatever its form: no empty texts, no blanks around."""
    found = leaves(etree.fromstring(body))
    texts = {local(leaf): (leaf.text or "").strip() for leaf in found}
    return {name: text for name, text in texts.items() if text and name not in UNKNOWN}


def read_json(body: bytes) -> dict[str, str]:
    """Return what is said, whatever its form."""
    texts: dict[str, str] = {}

    def note(name: str, value: object) -> object:
        if not isinstance(value, dict | list) and value not in ("", None) and name not in UNKNOWN:
            texts[name] = str(value)
        return value

    json_forms.walked(json.loads(body), note)
    return texts


@pytest.mark.parametrize("habit", xml_forms.HABITS, ids=lambda habit: habit.name)
def test_a_form_of_xml_says_the_same(habit: Habit) -> None:
    """Every stack's XML is well-formed and says what the plain reply says."""
    plain = read_xml(in_xml().body)
    found = read_xml(in_xml(habit).body)
    if habit is xml_forms.NO_MESSAGE:
        del plain["message"]
    assert in_xml(habit).body != in_xml().body
    assert found == plain


@pytest.mark.parametrize("habit", json_forms.HABITS, ids=lambda habit: habit.name)
def test_a_form_of_json_says_the_same(habit: Habit) -> None:
    """Every stack's JSON is JSON and says what the plain reply says."""
    plain = read_json(in_json().body)
    if habit in (json_forms.NULL_MESSAGE, json_forms.LEFT_OUT_MESSAGE):
        del plain["message"]
    assert read_json(in_json(habit).body) == plain


@pytest.mark.parametrize("name", DIALECTS)
def test_a_whole_dialect_says_the_same(name: str) -> None:
    """A dialect's XML habits fit together: the reply is read to the same texts."""
    habits = [habit for habit in DIALECTS[name] if habit.xml]
    plain, found = read_xml(in_xml().body), read_xml(in_xml(*habits).body)
    assert {**plain, **found} == plain
    assert plain.keys() - found.keys() <= {"message"}


@pytest.mark.parametrize("form", [in_xml, in_json], ids=["xml", "json"])
def test_a_value_reads_the_same_to_a_person(form: object) -> None:
    """What a database does to a text leaves the same words; to a time, the same minute."""
    read = read_xml if form is in_xml else read_json
    assert callable(form)
    plain = read(form().body)
    for habit in values.HABITS:
        found = read(form(habit).body)
        assert found.keys() == plain.keys()
        for name, text in found.items():
            assert as_a_person_reads(text)[:12] == as_a_person_reads(plain[name])[:12]
            assert len(text.strip()) <= len(unicodedata.normalize("NFD", plain[name]))


def as_a_person_reads(text: str) -> str:
    return re.sub(" +", " ", unicodedata.normalize("NFC", text).strip()).casefold()


def test_values_are_really_changed() -> None:
    """Each habit of a database shows in the text that it is about."""
    assert values.DECOMPOSED.value("NguoiXuLy", "Lê") == "Le\u0302"  # type: ignore[misc]
    assert values.MINUTES.value("ThoiDiemXuLy", "20180724083011") == "20180724083000"  # type: ignore[misc]
    town = values.WHOLE_SECONDS.value("luc", "2018-07-24T08:30:11.25Z")  # type: ignore[misc]
    assert town == "2018-07-24T08:30:11+00:00"
    wide = values.CHAR_COLUMN.value("NguoiXuLy", "Lê")  # type: ignore[misc]
    assert (wide.strip(), len(wide)) == ("Lê", values.WIDTH)
    assert values.CHAR_COLUMN.value("MaBamTepTin", "ab" * 32) == "ab" * 20  # type: ignore[misc]


def test_bytes_have_the_reading_that_they_say() -> None:
    """Marks, packages and codings are what their names are; the header says so."""
    plain = in_xml().body
    assert in_xml(bytes_forms.BYTE_ORDER_MARK).body == b"\xef\xbb\xbf" + plain
    assert in_xml(bytes_forms.BLANK_LINE).body == b"\r\n" + plain
    undeclared = in_xml(bytes_forms.UNDECLARED_XSI).body
    assert b'<NgayTra xsi:nil="true"></NgayTra>' in undeclared
    assert b"xmlns:xsi" not in undeclared
    assert b'encoding="utf-16"' in in_xml(bytes_forms.DECLARED_UTF_16).body
    packed = in_xml(bytes_forms.PACKAGE)
    assert packed.content_type.startswith(b"multipart/related")
    assert plain in packed.body
    for habit, undone in (
        (bytes_forms.GZIP, gzip.decompress),
        (bytes_forms.DEFLATE, zlib.decompress),
    ):
        coded = in_xml(habit)
        assert undone(coded.body) == plain
        assert (b"content-encoding", habit.name.encode()) in coded.fields
    assert json.loads(in_json(bytes_forms.ESCAPED).body) == json.loads(in_json().body)
    assert in_json(bytes_forms.ESCAPED).body.isascii()


FRAMES = [habit for habit in http_forms.HABITS if habit.frame]


@pytest.mark.parametrize("habit", FRAMES, ids=lambda habit: habit.name)
def test_a_framed_reply_carries_the_body(habit: Habit) -> None:
    """A reply that is framed by hand has its head, its body and an end."""
    raw = in_xml(habit).raw
    assert raw.startswith(b"HTTP/1.1 200 OK")
    pieces: list[bytes] = []

    class Listener:
        def on_body(self, body: bytes) -> None:
            pieces.append(body)

    if habit is http_forms.UNTIL_THE_END:
        parser = httptools.HttpResponseParser(Listener())
        parser.feed_data(raw)
        assert b"".join(pieces) == in_xml().body
    else:
        assert in_xml().body[-60:] in raw


def test_an_ended_session_is_said_in_the_form_of_the_dialect() -> None:
    """Fault, 403, login page: only where the plain answer says that the session is over."""
    over = replace(soap.write("TraCuuHoSo", SESSION_OVER), session_over=True)
    seen = {
        name: apply_habits(over, CALL, [habit]) for name, habit in HABITS.items() if habit.session
    }
    assert (seen["session_fault"].status, b"soap:Client" in seen["session_fault"].body) == (
        500,
        True,
    )
    assert (seen["session_forbidden"].status, seen["session_forbidden"].body) == (403, b"")
    assert b"<form" in seen["session_page"].body
    refused = replace(over, session_over=False)
    assert apply_habits(refused, CALL, [HABITS["session_forbidden"]]) == refused


def test_a_look_up_sees_what_the_habits_let_it_see() -> None:
    """Behind by the setting's seconds, or the newest steps only; both together add up."""
    setting = Setting(names=("replica",), lag_seconds=0.5, last_steps=3)
    dialects = Dialects(1, setting)
    seen = dialects.look_up(dialects.for_call("TraCuuHoSo"))
    assert seen == LookUp(behind=0.5, steps=3)
    kept = Kept(RECORD, steps=[STEP] * 5, records=[(10.0, RECORD)], moments=[10.0] * 4 + [11.0])
    shown = kept.as_seen(seen, now=11.2)
    assert shown is not None
    assert len(shown.steps) == 3
    assert kept.as_seen(LookUp(behind=2.0), now=11.2) is None


def test_a_seed_repeats_what_is_spoken() -> None:
    """Two runs with one seed draw the same habits; `mixed` comes to speak every dialect."""
    setting = Setting(names=(MIXED,), probability=0.5)
    first, second = Dialects(7, setting), Dialects(7, setting)
    told = [first.for_call("TraCuuHoSo").habits for _ in range(400)]
    assert told == [second.for_call("TraCuuHoSo").habits for _ in range(400)]
    assert {habit.name for habits in DIALECTS.values() for habit in habits} >= set(first.spoken)
    assert all(first.spoken[DIALECTS[name][-1].name] for name in DIALECTS)
    assert told.count(()) > 100


def test_an_unknown_dialect_is_refused_with_the_names_that_there_are() -> None:
    """A misspelt name must not mean plain."""
    with pytest.raises(ValueError, match="no dialect 'dotnett'; there are dotnet"):
        Dialects(1, Setting(names=("dotnett",)))

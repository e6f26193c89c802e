"""The pages of the hall: who may see them, what they show, and what they never show."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.counter.health import AWAY_AFTER, ScreenWatching
from hub.counter.live_lines import HeardScreen, LiveLines
from hub.messages import payloads as p
from hub.operations.clients import issuing
from hub.operations.counter import queue
from hub.operations.devices.listing import shown_devices
from hub.rules.counter.check_value import source_of_kiosk
from hub.rules.counter.plan import packaged
from hub.rules.counter.tickets import DeskAct
from hub.rules.devices.health import DeviceState
from hub.store.engine.store import Store
from hub.store.records import surveys
from hub.store.schema.tables.exchange import audit
from hub.store.users import sign_in_failures as failures
from tests.support.counter.hall import Hall, hall, hidden_of, key_of, signed
from tests.support.ward import NUMBER, Ward, open_ward, progress, reception
from tests.support.works import now

INSIDE = ("/kiosk", "/static/", "/language/")
DIGITS = "0001"
"""Of the made-up identity number of the reception."""


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    with open_ward(tmp_path) as made:
        yield made


@pytest.fixture
def served(ward: Ward) -> Iterator[Hall]:
    with hall(ward) as made:
        yield made


def test_only_a_registered_device_is_let_in(served: Hall) -> None:
    """Each page wants the key of its kind, and a retired key opens nothing from then on."""
    store = served.ward.store
    kiosk, display = key_of(store, "kiosk-1", "kiosk"), key_of(store, "display-1", "display")
    with served.browser() as stranger:
        for path in ("/kiosk", "/kiosk/look-up", "/display/display-1", "/kiosk/live"):
            assert stranger.get(path).status_code == 401
        wrong = kiosk[:-1] + ("b" if kiosk.endswith("a") else "a")
        assert stranger.post("/enter", data={"key": wrong}).status_code == 401
    with served.browser(display) as browser:
        assert browser.get("/display/display-1").status_code == 200
        assert browser.get("/display/display-2").status_code == 401
        assert browser.get("/kiosk").status_code == 401
    with served.browser(kiosk) as browser:
        assert browser.get("/kiosk").status_code == 200
        issuing.retire(store, "kiosk-1", by=signed())
        assert browser.get("/kiosk").status_code == 401


def test_a_device_elsewhere_is_not_let_in(served: Hall) -> None:
    """A key that was copied opens nothing from an address that its client does not have."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk", addresses=("192.0.2.0/24",))
    with served.browser(key) as browser:
        assert browser.get("/kiosk").status_code == 401


def test_wrong_keys_do_not_fill_the_audit(served: Hall) -> None:
    """A stranger waits after some; a device with its key, at the same address, does not."""
    store = served.ward.store
    key = key_of(store, "kiosk-1", "kiosk")
    with served.browser() as stranger:
        answers = [stranger.post("/enter", data={"key": f"{n}"}).status_code for n in range(25)]
    with store.read() as tx:
        chosen = sa.select(sa.func.count()).where(audit.c.action == "counter.enter")
        counted = tx.execute(chosen.where(audit.c.allowed.is_(False))).scalar_one()
    assert answers == [401] * counted + [429] * (25 - counted)
    assert 20 <= counted < 25
    with served.browser(key) as browser:
        assert browser.get("/kiosk").status_code == 200


def test_a_form_from_elsewhere_is_refused(served: Hall) -> None:
    """No other page issues tickets in the kiosk's name."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    with served.browser(key) as browser:
        headers = {"sec-fetch-site": "cross-site"}
        answer = browser.post("/kiosk/ticket", data={"category": "A"}, headers=headers)
        assert answer.status_code == 403


def test_the_holder_of_the_receipt_sees_the_own_dossier(served: Hall) -> None:
    """State, due date and what comes next; no name, no address, no identity number."""
    served.ward.accept(reception())
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    with served.browser(key) as browser:
        form = {"number": NUMBER.partition("-")[2], "check": DIGITS}
        page = browser.post("/kiosk/look-up", data=form).text
        assert NUMBER in page
        assert "Accepted" in page
        assert "06/08/2018" in page
        assert "You need not do anything." in page
        assert "Nguyễn Văn Mẫu" not in page
        assert "000000000001" not in page
        wrong = browser.post("/kiosk/look-up", data={**form, "check": "0002"}).text
        nothing = {"number": "180806-0099", "check": DIGITS}
        assert "There is no dossier" in wrong
        assert "There is no dossier" in browser.post("/kiosk/look-up", data=nothing).text
        assert "no dossier number" in browser.post("/kiosk/look-up", data={"number": "<x>"}).text


def test_a_check_value_cannot_be_guessed(served: Hall) -> None:
    """After five wrong ones a dossier has to wait, at every kiosk, also with the right one."""
    served.ward.accept(reception())
    store = served.ward.store
    first, second = key_of(store, "kiosk-1", "kiosk"), key_of(store, "kiosk-2", "kiosk")
    with served.browser(first) as browser:
        for n in range(6):
            browser.post("/kiosk/look-up", data={"number": NUMBER, "check": f"9{n:03d}"})
    with served.browser(second) as browser:
        page = browser.post("/kiosk/look-up", data={"number": NUMBER, "check": DIGITS}).text
        assert "too many wrong attempts" in page
        assert "Accepted" not in page


def test_an_own_dossier_does_not_buy_guesses_at_others(served: Hall) -> None:
    """The wrong attempts of a kiosk stay counted, and each look-up is in the audit."""
    served.ward.accept(reception())
    store = served.ward.store
    with served.browser(key_of(store, "kiosk-1", "kiosk")) as browser:
        for n in (1, 2, 3):
            other = {"number": f"180806-009{n}", "check": "1234"}
            browser.post("/kiosk/look-up", data=other)
        browser.post("/kiosk/look-up", data={"number": NUMBER, "check": DIGITS})
    with store.read() as tx:
        assert failures.counted(tx, source_of_kiosk("kiosk-1")) == 3
        chosen = sa.select(audit.c.allowed).where(audit.c.action == "kiosk.look_up")
        assert list(tx.execute(chosen.order_by(audit.c.seq)).scalars()) == [False] * 3 + [True]


def test_a_kiosk_sends_no_more_forms_than_a_person_can(served: Hall) -> None:
    """A stuck screen or a script does not empty the queue's numbers."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    with served.browser(key) as browser:
        answers = [browser.post("/kiosk/look-up", data={"number": "x"}) for _ in range(32)]
    assert [it.status_code for it in answers[:30]] == [200] * 30
    assert answers[31].status_code == 429


def test_a_ticket_is_one_however_often_the_button_is_touched(served: Hall) -> None:
    """Its page tells the number and how many are before it."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    with served.browser(key) as browser:
        for expected in ("A001", "A002"):
            form = hidden_of(browser.get("/kiosk/ticket").text, "/kiosk/ticket")
            answers = [
                browser.post("/kiosk/ticket", data={**form, "category": "A"}) for _ in range(3)
            ]
            places = {it.headers["location"] for it in answers}
            assert len(places) == 1
            page = browser.get(places.pop()).text
            assert f'<p class="ticket">{expected}</p>' in page
        assert "Before you: 1." in page
        assert browser.post("/kiosk/ticket", data={"category": "A"}).status_code == 422


def test_a_survey_counts_once_for_a_ticket_and_once_for_a_dossier(served: Hall) -> None:
    """The slip of a ticket names nobody; that of a dossier its number."""
    ward = served.ward
    ward.accept(reception())
    queue.issue(ward.store, packaged(), "A", request="r" * 16, by=signed())
    key = key_of(ward.store, "kiosk-1", "kiosk")
    scores = {"score_thai_do": "2", "score_thoi_gian": "0"}
    with served.browser(key) as browser:
        waiting = browser.post("/kiosk/survey", data={"ticket": "a001"}).text
        assert "No such ticket was called today" in waiting
        queue.call_next(ward.store, packaged(), "1", by=signed())
        about = hidden_of(
            browser.post("/kiosk/survey", data={"ticket": "a001"}).text, "/kiosk/survey/answers"
        )
        assert "at least one answer" in browser.post("/kiosk/survey/answers", data=about).text
        for said in ("Thank you for your answers", "given before"):
            page = browser.post("/kiosk/survey/answers", data={**about, **scores}).text
            assert said in page
        of_dossier = {"number": NUMBER, "check": DIGITS, **scores}
        for said in ("Thank you for your answers", "given before"):
            assert said in browser.post("/kiosk/survey/answers", data=of_dossier).text
        other = {**of_dossier, "score_thai_do": "0"}
        assert "given before" in browser.post("/kiosk/survey/answers", data=other).text
    ward.settle()
    with ward.store.read() as tx:
        assert surveys.all_scores(tx) == [{"thai_do": 2, "thoi_gian": 0}] * 2


def test_procedures_are_shown_with_papers_days_and_fees(served: Hall) -> None:
    """As the rulebook has them today."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    with served.browser(key) as browser:
        assert "Chứng thực bản sao từ bản chính" in browser.get("/kiosk/procedures").text
        page = browser.get("/kiosk/procedures/2.000815").text
        assert "Bản sao cần chứng thực" in page
        assert "2,000 đ / trang" in page
        assert "the same day" in page
        assert browser.get("/kiosk/procedures/9.999999").status_code == 404


def test_no_link_of_the_kiosk_leads_outside(served: Hall) -> None:
    """Every address on its pages is one of its own."""
    key = key_of(served.ward.store, "kiosk-1", "kiosk")
    paths = ("", "/look-up", "/procedures", "/procedures/2.000815", "/ticket", "/survey")
    with served.browser(key) as browser:
        for path in paths:
            answer = browser.get(f"/kiosk{path}")
            found = re.findall(r'(?:href|src|action)="([^"]*)"', answer.text)
            assert found
            assert [
                it for it in found if not it.startswith(("/kiosk", "/static/", "/language/"))
            ] == []
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["cache-control"] == "no-store"


def test_the_display_masks_and_apologises(served: Hall) -> None:
    """A called ticket with its desk, a ready result and a late dossier without their agency."""
    ward = served.ward
    ward.accept(reception())
    second = "000.99.01.H57-180806-0002"
    ward.accept(reception(number=second))
    for status, hours in ((p.Status.PROCESSING, 1.0), (p.Status.FINISHED, 2.0)):
        ward.accept(progress(status, hours))
    queue.issue(ward.store, packaged(), "R", request="r" * 16, by=signed())
    queue.call_next(ward.store, packaged(), "3", by=signed())
    key = key_of(ward.store, "display-1", "display")
    with served.browser(key) as browser:
        page = browser.get("/display/display-1").text
    assert "<b>R001</b><span>Desk 3</span>" in page
    ready, _, late = page.partition('<h2 id="late">')
    assert "…-180806-0001" in ready
    assert "…-180806-0002" in late
    assert "apologises" in late
    assert NUMBER not in page
    assert second not in page
    assert "Nguyễn Văn Mẫu" not in page


def test_the_hub_knows_how_each_device_of_the_hall_is(store: Store) -> None:
    """Up while its line is there, degraded on a wrong screen, down without and before its first,
    misconfigured without a key; a retired device leaves the list."""
    lines, clock = LiveLines(), [now()]
    for name, kind in (("kiosk-1", "kiosk"), ("display-1", "display"), ("display-2", "display")):
        key_of(store, name, kind)
    watching = ScreenWatching(store, lines, clock=lambda: clock[0])

    def states() -> dict[str, DeviceState]:
        watching.run_once()
        with store.read() as tx:
            return {it.device: it.state for it in shown_devices(tx, now=clock[0])}

    assert set(states().values()) == {DeviceState.DOWN}
    lines.hear("kiosk-1", HeardScreen(clock[0], 1080, 1920))
    assert states()["kiosk-1"] is DeviceState.UP
    # The hub has begun anew: who was there gets time to come back.
    watching = ScreenWatching(store, lines := LiveLines(), clock=lambda: clock[0])
    assert states()["kiosk-1"] is DeviceState.UP
    clock[0] += AWAY_AFTER + timedelta(seconds=1)
    lines.hear("kiosk-1", HeardScreen(clock[0], 1080, 1920))
    lines.hear("display-1", HeardScreen(clock[0], 1280, 720))
    assert states() == {
        "kiosk-1": DeviceState.UP,
        "display-1": DeviceState.DEGRADED,
        "display-2": DeviceState.DOWN,
    }
    issuing.retire(store, "display-2", by=signed())
    clock[0] += timedelta(days=366)
    assert states() == {
        "kiosk-1": DeviceState.MISCONFIGURED,
        "display-1": DeviceState.MISCONFIGURED,
    }


def test_the_waiting_are_told_of_every_act_at_a_desk(served: Hall) -> None:
    """A ticket that is called again chimes again: its mark on the display changes."""
    store, plan = served.ward.store, packaged()
    queue.issue(store, plan, "A", request="r" * 16, by=signed())
    ticket = queue.call_next(store, plan, "1", by=signed())
    key = key_of(store, "display-1", "display")
    with served.browser(key) as browser:
        before = mark_of(browser.get("/display/display-1").text)
        queue.end_or_recall(store, plan, ticket.id, DeskAct.RECALL, calls=1, by=signed())
        served.stop()
        served.start()  # what is shown is made anew
        after = mark_of(browser.get("/display/display-1").text)
    assert "" != before != after


def mark_of(page: str) -> str:
    """Return what a display compares to know of a new call."""
    return page.partition('data-latest="')[2].partition('"')[0]

"""Pausing a partner on the page of the queues: with reason and end, once, and not unseen."""

import re
import threading
from datetime import datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from hub.console.frame.sent_form import new_form_id
from hub.operations.deliveries import pausing
from hub.operations.deliveries.pausing import PauseChanged
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.deliveries import pauses, transitions
from hub.store.deliveries.pauses import Pause, PersonPause
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.contract.console.conftest import Clock, Look, sign_in, token
from tests.support.browser_session import BrowserSession
from tests.support.console import sending
from tests.support.works import now, record

HOUR = timedelta(hours=1)
FORM = {"operation": "province.dossier", "hours": "2", "reason": "bảo trì"}


@pytest.fixture
def signed_in(browser: BrowserSession, sqlite_store: Store, clock: Clock) -> BrowserSession:
    """A browser at which the operator is signed in."""
    sign_in(browser, sqlite_store, clock)
    return browser


def paused(store: Store, now: datetime) -> list[PersonPause]:
    """Return what persons have paused of the province."""
    with store.read() as tx:
        return pauses.paused_by_persons(tx, "provincial", now=now)


def send(
    browser: BrowserSession,
    verb: str,
    seen: datetime | str,
    *,
    partner: str = "provincial",
    id: str = "",
    **other: str,
) -> httpx.Response:
    """Send a form of the page as it was at a time; with an `id` the same one again."""
    own = {"form_token": token(browser), "form_id": id or new_form_id(), "seen_at": str(seen)}
    return browser.post(f"/queues/{partner}/{verb}", {**FORM, **own, **other})


def audited(store: Store, action: str) -> list[str]:
    """Return the reasons under which an act is audited."""
    query = sa.select(audit.c.reason).where(audit.c.action == action)
    with store.read() as tx:
        return list(tx.execute(query).scalars())


def test_a_pause_has_reason_and_end_and_a_second_click_changes_nothing(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """The page shows it, the audit keeps it once."""
    seen = clock()
    clock.pass_by(timedelta(seconds=5))
    id = new_form_id()
    done = send(signed_in, "pause", seen, id=id).headers["location"]
    assert done.startswith("/queues?done=")
    clock.pass_by(timedelta(seconds=1))
    assert send(signed_in, "pause", seen, id=id).headers["location"] == done
    (found,) = paused(sqlite_store, clock())
    assert found.until == seen + timedelta(seconds=5) + 2 * HOUR
    assert audited(sqlite_store, "partner.pause") == ["bảo trì"]
    page = signed_in.get(done).text
    assert "is paused until" in page
    assert "bảo trì" in page
    assert "paused by Trần Thị Bình" in page


def test_what_another_person_paused_meanwhile_is_not_overwritten(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """409 says who, until when and why; after a look the new end counts."""
    seen = clock()
    clock.pass_by(timedelta(seconds=5))
    theirs = PersonPause(
        destination="provincial",
        operation="province.dossier",
        since=clock(),
        until=clock() + HOUR,
        actor="Lê Văn An",
        reason="tỉnh báo",
    )
    with sqlite_store.write() as tx:
        pauses.keep_person_pause(tx, theirs)
    answer = send(signed_in, "pause", seen)
    assert answer.status_code == 409
    assert "Lê Văn An" in answer.text
    assert "tỉnh báo" in answer.text
    assert paused(sqlite_store, clock()) == [theirs]
    (shown,) = re.findall(r'name="(since:[^"]*)" value="([^"]*)"', answer.text)
    assert shown == ("since:province.dossier", theirs.since.isoformat())
    clock.pass_by(timedelta(seconds=5))
    assert send(signed_in, "pause", clock(), **dict([shown])).status_code == 303
    assert paused(sqlite_store, clock())[0].actor == "Trần Thị Bình (account binh)"


def test_a_pause_by_a_clock_that_is_behind_is_not_overwritten(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """What counts is the pause that the person saw, not the time; also one that ended."""
    seen = clock()
    clock.pass_by(-timedelta(seconds=30))
    assert send(signed_in, "pause", seen).status_code == 303
    (theirs,) = paused(sqlite_store, clock())
    assert send(signed_in, "pause", seen).status_code == 409
    assert paused(sqlite_store, clock()) == [theirs]
    since = {"since:province.dossier": theirs.since.isoformat()}
    assert send(signed_in, "resume", seen, since=theirs.since.isoformat()).status_code == 303
    answer = send(signed_in, "pause", seen, **since)
    assert (answer.status_code, paused(sqlite_store, clock())) == (409, [])


def test_a_pause_ends_once_and_only_the_one_that_was_seen(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """A second click, and a form of an earlier pause, say what changed."""
    send(signed_in, "pause", clock())
    (found,) = paused(sqlite_store, clock())
    earlier = send(signed_in, "resume", clock(), since=(found.since - HOUR).isoformat())
    assert earlier.status_code == 409
    since = found.since.isoformat()
    assert send(signed_in, "resume", clock(), since=since).status_code == 303
    assert paused(sqlite_store, clock()) == []
    assert send(signed_in, "resume", clock(), since=since).status_code == 409
    assert audited(sqlite_store, "partner.resume") == ["bảo trì"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"reason": " "}, 422),
        ({"hours": "1000"}, 422),
        ({"operation": "town.transfer"}, 409),
        ({"partner": "nobody"}, 404),
    ],
)
def test_a_form_that_cannot_be_is_refused_in_words(
    signed_in: BrowserSession,
    sqlite_store: Store,
    clock: Clock,
    wrong: dict[str, str],
    status: int,
) -> None:
    """And pauses nothing."""
    assert send(signed_in, "pause", clock(), **wrong).status_code == status
    assert paused(sqlite_store, clock()) == []
    assert audited(sqlite_store, "partner.pause") == []


@pytest.mark.parametrize("since", ["yesterday", "2026-11-29T00:00:00"])
def test_a_form_with_a_time_that_is_none_is_refused(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock, since: str
) -> None:
    """Nor is a time without its zone."""
    wrong = {"since:province.dossier": since}
    assert send(signed_in, "pause", clock(), **wrong).status_code == 422
    assert paused(sqlite_store, clock()) == []


def test_the_form_is_for_who_may_act(look: Look, sqlite_store: Store) -> None:
    """The head may; the page is not there for a partner's IT."""
    assert "/queues/provincial/pause" in look(sqlite_store, role=UserRole.HEAD).get("/queues").text
    scope = Scope(partners=frozenset({"town_center"}))
    assert look(sqlite_store, role=UserRole.TOWN_IT, scope=scope).get("/queues").status_code == 403


def test_what_the_hub_paused_for_one_cause_is_one_item(look: Look, sqlite_store: Store) -> None:
    """With its operations, and how many deliveries wait in all."""
    at = now()
    with sqlite_store.write() as tx:
        for operation in ("province.dossier", "province.progress"):
            pause = Pause(
                destination="provincial",
                operation=operation,
                kind="circuit",
                phase="open",
                openings=1,
                since=at,
                until=at + HOUR,
                expires_at=at + 2 * HOUR,
                code="partner_unreachable",
                reason_vi="mất đường",
                reason_en="the line is down",
            )
            pauses.post(tx, pause)
    page = look(sqlite_store).get("/queues").text
    assert page.count("the line is down") == 1
    assert "(province.dossier), " in page
    assert "(province.progress) paused by the hub" in page
    assert "<code>province.dossier" not in page


def test_of_persons_who_pause_at_once_one_does_and_the_others_are_told(store: Store) -> None:
    """Nobody replaces a pause that nobody saw."""
    at, told = now(), list[str]()

    def pause(actor: str) -> None:
        ready.wait(30)
        try:
            pausing.pause(
                store,
                "provincial",
                operation,
                until=at + HOUR,
                expected=None,
                by={"actor": actor, "reason": "a test", "now": at},
            )
        except PauseChanged as error:
            told.append(error.text.en.partition(" ")[0])

    for operation in (pausing.ALL, *pausing.operations_of("provincial")):
        ready = threading.Barrier(4)
        threads = [threading.Thread(target=pause, args=[name]) for name in ("A", "B", "C", "D")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with store.read() as tx:
            found = pauses.paused_by_persons(tx, "provincial", now=at)
        (held_by,) = [it.actor for it in found if it.operation == operation]
        assert told == [held_by] * 3
        told.clear()


def test_a_drain_says_when_nothing_is_being_sent(
    signed_in: BrowserSession, sqlite_store: Store, clock: Clock
) -> None:
    """First that it begins, then what is left, then that it is empty."""
    with sqlite_store.write() as tx:
        id = sending(tx, record(1, 1))
    assert send(signed_in, "pause", clock(), how="drain").status_code == 303
    assert audited(sqlite_store, "partner.drain") == ["bảo trì"]
    assert "It begins: within five seconds" in signed_in.get("/queues").text
    clock.pass_by(pausing.IN_FORCE)
    assert "1 deliveries are being sent still" in signed_in.get("/queues").text
    with sqlite_store.write() as tx:
        transitions.kill(tx, id, from_state=S.SENDING, code="partner_refused", detail="x")
    assert "Nothing is being sent any more" in signed_in.get("/queues").text

"""Comparisons as pages: ordered once, worked off by the hub, by list, with a protocol."""

from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest

from hub.console.repair import comparisons as pages
from hub.messages.local_time import LOCAL
from hub.operations.comparison.lists.reader import LARGEST
from hub.operations.comparison.ordered import Comparisons
from hub.records.rulebook import Rulebook
from hub.rules.users.rights import UserRole
from hub.rules.users.scope import Scope
from hub.store.engine.store import Store
from hub.store.repair import comparisons, tasks
from hub.store.repair.comparisons import ComparisonState
from tests.contract.console.conftest import Look
from tests.support.works import AT, now, number

SAME = {"sec-fetch-site": "same-origin"}
DAY = AT.astimezone(LOCAL).date()
LIST = f"MaHoSo,TrangThaiHoSo\n{number(1)},4\n{number(2)},4\n"
EXPORTED = f"{DAY}T17:05"


def order(browser: httpx.Client, **given: str) -> httpx.Response:
    """Send the form that orders a comparison."""
    typed = {"form_id": "f-1", "day": str(DAY), "partner": "", **given}
    return browser.post("/comparisons", data=typed, headers=SAME)


def send_list(
    browser: httpx.Client, content: bytes, given: Mapping[str, str] | None = None
) -> httpx.Response:
    """Send the form with a partner's list."""
    typed = {"form_id": "f-2", "day": str(DAY), "partner": "provincial", "exported_at": EXPORTED}
    return browser.post(
        "/comparisons/list",
        data=typed | dict(given or {}),
        files={"file": ("tinh.csv", content, "text/csv")},
        headers=SAME,
    )


def worker(store: Store) -> Comparisons:
    """Return the role, with no partner connected."""
    return Comparisons(store, [], Rulebook.load(), clock=now)


def test_an_ordered_comparison_is_done_by_the_hub(look: Look, store: Store) -> None:
    """Once, however often the form is sent; the page tells what is awaited, then the result."""
    browser = look(store)
    places = {order(browser).headers["location"] for _ in range(2)}
    assert places == {"/comparisons/1"}
    assert "It begins soon." in browser.get("/comparisons/1").text
    assert worker(store).step()
    assert not worker(store).step()
    page = browser.get("/comparisons/1").text
    assert "0 dossiers were compared, everything agrees." in page
    assert "Protocol of the comparison of 06/08/2018" in page
    assert "Ward clerk (signature, name)" in page
    assert 'href="/comparisons/1"' in browser.get("/comparisons").text


def test_a_comparison_that_was_cut_short_begins_anew(store: Store) -> None:
    """Under a lease: one process at a time, another one when the first is gone."""
    with store.write() as tx:
        comparisons.add(tx, DAY, "", form="f", actor="x", now=AT)
        assert comparisons.claim(tx, "a", now=AT) is not None
        assert comparisons.claim(tx, "b", now=AT) is None
        late = AT + comparisons.LEASE + timedelta(seconds=1)
        assert comparisons.claim(tx, "b", now=late) is not None
        assert not comparisons.extend(tx, 1, "a", 1, 2, now=late)
        comparisons.release(tx, 1, "b")
        assert comparisons.claim(tx, "c", now=AT) is not None


def test_a_list_becomes_differences_with_owner_and_due_time(look: Look, store: Store) -> None:
    """What only the partner has; each a task, with what to do; the file itself is not kept."""
    browser = look(store)
    answer = send_list(browser, LIST.encode())
    assert answer.status_code == 303, answer.text
    assert send_list(browser, LIST.encode()).headers["location"] == answer.headers["location"]
    page = browser.get(answer.headers["location"]).text
    assert "2 dossiers were compared, 2 differences." in page
    assert "2 tasks opened, 0 closed." in page
    assert number(2) in page
    assert "ward clerk" in page
    with store.read() as tx:
        opened = tasks.still_open(tx)
        kept = comparisons.numbered(tx, 1)
    assert [it.kind for it in opened] == ["unknown_here"] * 2
    assert kept is not None
    assert kept.state is ComparisonState.DONE
    assert kept.result is not None
    assert kept.result.sha256 in page
    for task in opened:
        assert f">{task.number}</a> due" in page


def test_differences_come_page_by_page_or_whole_for_paper(
    look: Look, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each difference stands on one page; the whole protocol has them all."""
    monkeypatch.setattr(pages, "PAGE", 2)
    browser = look(sqlite_store)
    rows = "".join(f"{number(n)},4\n" for n in range(1, 6))
    place = send_list(browser, f"MaHoSo,TrangThaiHoSo\n{rows}".encode()).headers["location"]
    seen = []
    for after in (0, 2, 4):
        page = browser.get(f"{place}?after={after}").text
        seen += [n for n in range(1, 6) if number(n) in page]
        assert (f"{place}?after={after + 2}" in page) == (after < 4)
    assert seen == [1, 2, 3, 4, 5]
    assert "3 more differences" in browser.get(place).text
    whole = browser.get(f"{place}?whole=true").text
    assert all(number(n) in whole for n in range(1, 6))
    assert "more differences" not in whole


def test_the_list_goes_on_with_older_ones(look: Look, sqlite_store: Store) -> None:
    """Fifty a page, each on one of them."""
    with sqlite_store.write() as tx:
        for n in range(comparisons.PAGE + 1):
            comparisons.add(tx, DAY, "", form=f"f-{n}", actor="x", now=AT)
    browser = look(sqlite_store)
    assert "/comparisons?before=2" in (first := browser.get("/comparisons").text)
    assert 'href="/comparisons/1"' not in first
    assert 'href="/comparisons/1"' in browser.get("/comparisons?before=2").text


@pytest.mark.parametrize(
    ("content", "given", "told"),
    [
        (b"", {}, "No file was chosen"),
        (b"a,b\n1,2\n", {}, "MaHoSo"),
        (b"PK\x03\x04 of Excel", {}, "Excel"),
        (LIST.encode("utf-16"), {}, "UTF-8"),
        (LIST.encode(), {"day": "yesterday"}, "not after today"),
        (LIST.encode(), {"day": "2999-01-01"}, "not after today"),
        (LIST.encode(), {"partner": ""}, "Choose a partner"),
        (LIST.encode(), {"partner": "devices"}, "Choose a partner"),
        (LIST.encode(), {"exported_at": "17:05"}, "time of the export"),
        (LIST.encode(), {"exported_at": "2018-08-05T10:00"}, "time of the export"),
        (LIST.encode(), {"exported_at": "2999-08-05T10:00"}, "time of the export"),
    ],
)
def test_a_list_that_cannot_be_used_is_told_and_nothing_is_kept(
    look: Look, sqlite_store: Store, content: bytes, given: dict[str, str], told: str
) -> None:
    """422 on the page with the form, with what is wrong; no task, no comparison."""
    answer = send_list(look(sqlite_store), content, given)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert"' in answer.text
    with sqlite_store.read() as tx:
        assert comparisons.newest(tx) == []
        assert tasks.still_open(tx) == []


def test_a_file_that_is_too_large_is_not_read(look: Look, sqlite_store: Store) -> None:
    """It is refused while it comes; another form takes no file at all."""
    browser = look(sqlite_store)
    assert send_list(browser, b"x" * (LARGEST + 100_000)).status_code == 422
    other = browser.post("/comparisons", data={}, files={"file": b"x"}, headers=SAME)
    assert other.status_code == 422
    torn = browser.post(
        "/comparisons/list",
        content=b"no parts",
        headers=SAME | {"content-type": "multipart/form-data; boundary=x"},
    )
    assert torn.status_code == 422


def test_a_comparison_is_the_business_of_the_ward(look: Look, store: Store) -> None:
    """A partner's IT sees none; without the right to act there is no form."""
    order(look(store))
    foreign = look(store, scope=Scope(partners=frozenset({"town_center"})))
    assert foreign.get("/comparisons").status_code == 403
    assert foreign.get("/comparisons/1").status_code == 404
    assert order(foreign).status_code == 403
    reader = look(store, role=UserRole.PROVINCE_IT)
    assert "<form" not in reader.get("/comparisons").text.partition("<main")[2]
    assert send_list(reader, LIST.encode()).status_code == 403
    assert reader.get("/comparisons/99").status_code == 404

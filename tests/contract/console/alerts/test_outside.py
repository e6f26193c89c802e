"""What no database keeps is on the console: from the machine's file, also while it is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.bootstrap.alerts.roles import kept_outside, outside_folder
from hub.operations.alerts.file_book import FileBook
from hub.rules.alerts.plan import AlertPlan
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import Measurement, Observed
from hub.rules.users.scope import Scope
from hub.settings import Settings
from hub.store.engine.store import Store
from tests.contract.console.conftest import Look
from tests.support.works import never, now

RULES = [
    Rule(name=it, signal=it, limit=0, severity=AlertSeverity.CRITICAL)
    for it in ("database_lost", "hub_silent")
]
TITLE = "From this machine&#39;s file"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a hub whose timer has just found the database away."""
    settings = Settings(data_dir=str(tmp_path))
    book = FileBook(
        folder=outside_folder(settings),
        plan=AlertPlan(rules=RULES),
        channels={},
        clock=now,
        is_day_off=never,
    )
    found = [Measurement(signal=it.signal, subject="may-1", value=1) for it in RULES]
    book.check(Observed(frozenset(it.signal for it in found), found))
    return settings


def test_the_overview_and_the_incidents_have_what_the_file_has(
    look: Look, sqlite_store: Store, settings: Settings
) -> None:
    """With the time of the last look, and without a link to a number of another list."""
    browser = look(sqlite_store, kept_outside=partial(kept_outside, settings))
    for page in ("/", "/incidents"):
        text = browser.get(page).text
        assert TITLE in text
        assert "may-1" in text
        assert "as of" in text
        assert 'href="/incidents/1"' not in text
    assert "No incident is open." not in browser.get("/incidents").text
    scoped = look(
        sqlite_store,
        scope=Scope(partners=frozenset({"provincial"})),
        kept_outside=partial(kept_outside, settings),
    )
    assert TITLE not in scoped.get("/incidents").text


def test_the_page_of_a_lost_database_says_since_when(
    look: Look, sqlite_store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody can be signed in then: it says nothing but that."""
    browser = look(sqlite_store, kept_outside=partial(kept_outside, settings))

    @contextmanager
    def away(**_: object) -> Iterator[None]:
        yield from ()
        raise sa.exc.TimeoutError("secret words")

    monkeypatch.setattr(sqlite_store, "read", away)
    answer = browser.get("/incidents")
    assert answer.status_code == 503
    assert answer.text.count('<p class="what">') == 1
    assert "as of" in answer.text


def test_a_file_that_is_damaged_or_away_shows_nothing(settings: Settings) -> None:
    """The pages stand; the one that writes the file reports it."""
    assert len(kept_outside(settings)) == 2
    (outside_folder(settings) / "incidents.json").write_text("{")
    assert kept_outside(settings) == []
    assert kept_outside(Settings(data_dir="/nowhere")) == []

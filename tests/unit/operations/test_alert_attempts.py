"""When a message of an alert is sent again: one rule, in the store and in the file beside it."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from hub.operations.alerts.file_book import NAME, FileBook
from hub.operations.alerts.sending import (
    FIRST_WAIT,
    GIVEN_UP_AFTER,
    LONGEST_WAIT,
    NO_CHANNEL,
    next_attempt,
)
from hub.ports.alerts import ChannelFailed
from hub.rules.alerts.plan import AlertPlan, ChannelSettings, Step
from hub.rules.alerts.reading import packaged
from hub.rules.alerts.signals import Measurement, Observed
from hub.store.alerts.messages import KeptMessage
from tests.support.works import never

MADE = datetime(2026, 8, 6, 2, 0, tzinfo=UTC)
AWAY = ChannelFailed("mail_unreachable")


def message(attempts: int = 0) -> KeptMessage:
    """Return a message that was made at MADE."""
    return KeptMessage(
        key="k", channel="x", subject="s", body="b", incidents="1", made_at=MADE, attempts=attempts
    )


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, FIRST_WAIT), (2, 4 * FIRST_WAIT), (99, LONGEST_WAIT)]
)
def test_a_failed_message_waits_longer_each_time(attempts: int, wait: timedelta) -> None:
    """It doubles up to a longest wait."""
    assert next_attempt(message(attempts), AWAY, MADE) == MADE + wait


@pytest.mark.parametrize(
    ("failure", "age"),
    [
        (ChannelFailed(NO_CHANNEL), timedelta(0)),
        (ChannelFailed("mail_refused", in_part=True), timedelta(0)),
        (AWAY, GIVEN_UP_AFTER + timedelta(seconds=1)),
    ],
    ids=["no channel", "sent in part", "too old"],
)
def test_a_message_without_use_is_given_up(failure: ChannelFailed, age: timedelta) -> None:
    """Its channel is gone from the plan, some persons have got it, or it is no news any more."""
    assert next_attempt(message(), failure, MADE + age) is None


def test_the_file_gives_up_what_has_no_channel(tmp_path: Path) -> None:
    """As the store does: nothing of it waits in the file."""
    plan = AlertPlan(
        rules=packaged().rules,
        channels=[ChannelSettings(name="x", kind="mail")],
        steps=[Step(after=timedelta(), channels=("x",))],
    )
    lost = Measurement(signal="database_lost", subject="here", value=1)
    for minute in range(5):
        at = MADE + timedelta(minutes=minute)
        book = FileBook(
            folder=tmp_path, plan=plan, channels={}, clock=partial(_same, at), is_day_off=never
        )
        found = book.check(Observed(frozenset({"database_lost"}), [lost], "here"))
    assert found
    kept = json.loads((tmp_path / NAME).read_bytes())
    assert kept["last"].keys() == {"x"}, "a message was made"
    assert kept["waiting"] == []


def _same(at: datetime) -> datetime:
    return at

"""`hub partners pause`, `drain` and `resume`: by a named person, with reason and end."""

import json
import re
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.messages.partners import PROVINCIAL
from hub.operations.deliveries import pausing
from hub.operations.signed_by import SignedBy
from hub.store.deliveries import pauses
from hub.store.deliveries.pauses import PersonPause
from hub.store.engine.store import Store
from tests.support.console import sending
from tests.support.works import now, record

WHO = ("--reason", "maintenance", "--actor", "Trần Thị Bình")
OPERATION = ("--operation", "province.dossier")


def hub(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(words))


def paused(store: Store) -> list[PersonPause]:
    """Return what persons have paused of the province."""
    with store.read() as tx:
        return pauses.paused_by_persons(tx, PROVINCIAL, now=now())


def test_a_partner_is_paused_and_resumed_by_command(installed: Store) -> None:
    """Where the pause is named it gets the new end; resumed twice it says so."""
    assert hub("partners", "pause", "province", *WHO, "--for", "1h").exit_code == 0
    (before,) = paused(installed)
    longer = ("--for", "3h", "--replaces", before.since.isoformat())
    assert hub("partners", "pause", "province", *WHO, *longer).exit_code == 0
    (found,) = paused(installed)
    assert (found.operation, found.drains, found.reason) == ("", False, "maintenance")
    assert (found.until - now()).total_seconds() > 2.9 * 3600
    ended = hub("partners", "resume", "province", *WHO)
    assert ended.exit_code == 0
    assert "has ended: Trần Thị Bình" in ended.output
    assert "has paused all operations until" in ended.output
    assert paused(installed) == []
    again = hub("partners", "resume", "province", *WHO)
    assert (again.exit_code, "not paused any more" in again.output) == (1, True)
    assert hub("partners", "pause", "province", *WHO, *OPERATION).exit_code == 0
    other = hub("partners", "resume", "province", *WHO)
    assert other.exit_code == 1
    assert "(province.dossier) until" in other.output.replace("\n", " ")


def test_what_cannot_be_paused_is_refused(installed: Store) -> None:
    """No such partner, no such operation, an end too far away, a time that is none."""
    assert hub("partners", "pause", "moon", *WHO).exit_code == 2
    assert hub("partners", "pause", "province", *WHO, "--operation", "x").exit_code == 1
    assert hub("partners", "pause", "province", *WHO, "--for", "30d").exit_code == 1
    assert hub("partners", "pause", "province", *WHO, "--for", "soon").exit_code == 2
    assert paused(installed) == []


@pytest.mark.parametrize("verb", ["pause", "drain"])
def test_a_pause_that_stands_is_replaced_only_where_it_is_named(
    installed: Store, verb: str
) -> None:
    """The refusal says whose it is and what to add; what was replaced is printed."""
    assert hub("partners", "pause", "province", *WHO, "--for", "8h").exit_code == 0
    (before,) = paused(installed)
    other = ("--reason", "y", "--actor", "Lê Văn Cường")
    shorter = ("partners", verb, "province", *other, "--for", "10m")
    refused = hub(*shorter)
    assert (refused.exit_code, "Trần Thị Bình" in refused.output) == (1, True)
    assert paused(installed) == [before]
    (named,) = re.findall(r"--replaces (\S+)", refused.output)
    assert hub(*shorter, "--replaces", "yesterday").exit_code == 2
    old = (datetime.fromisoformat(named) - timedelta(seconds=1)).isoformat()
    assert hub(*shorter, "--replaces", old).exit_code == 1
    if verb == "drain":
        return  # it would wait; what follows is the same
    replaced = hub(*shorter, "--replaces", named)
    assert (replaced.exit_code, "In the place of: Trần Thị Bình" in replaced.output) == (0, True)
    assert [it.reason for it in paused(installed)] == ["y"]


def test_a_drain_waits_no_longer_than_it_lasts(installed: Store) -> None:
    """It would say that a drain is empty that is over."""
    refused = hub("partners", "drain", "province", *WHO, "--for", "1m", "--wait", "2m")
    assert (refused.exit_code, "--wait 2m is longer" in refused.output) == (2, True)
    assert paused(installed) == []


def change(store: Store, done_with: str) -> None:
    """End or replace, as another person, the pause of everything that the province has."""
    found = paused(store)
    if not found:
        return
    by: SignedBy = {"actor": "Lê Văn Cường", "reason": "y", "now": now()}
    since = found[0].since
    if done_with == "resume":
        pausing.resume(store, PROVINCIAL, pausing.ALL, expected=since, by=by)
    else:
        until = now() + timedelta(hours=1)
        pausing.pause(store, PROVINCIAL, pausing.ALL, until=until, expected=since, by=by)


@pytest.mark.parametrize(
    ("done_with", "words"),
    [("resume", "Lê Văn Cường had all operations go on"), ("pause", "Lê Văn Cường has paused")],
)
def test_a_drain_that_another_person_ended_is_not_said_to_be_empty(
    installed: Store, monkeypatch: pytest.MonkeyPatch, done_with: str, words: str
) -> None:
    """Nothing is being sent, but what is not paused may be claimed at any time."""
    count = pausing.under_way

    def counted(store: Store, partner: str, operation: str) -> int:
        change(store, done_with)
        return count(store, partner, operation)

    monkeypatch.setattr(pausing, "under_way", counted)
    ended = hub("partners", "drain", "province", *WHO, "--wait", "1s")
    assert (ended.exit_code, words in ended.output) == (1, True), ended.output
    assert "nothing is being sent" not in ended.output


def test_a_drain_says_how_many_are_being_sent_still(
    installed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays in force; the other operation is empty."""
    monkeypatch.setattr(pausing, "IN_FORCE", timedelta(milliseconds=100))
    with installed.write() as tx:
        sending(tx, record(1, 1))
    words = ("partners", "drain", "province", *WHO, "--wait", "1s", "--json")
    left = hub(*words, *OPERATION)
    assert left.exit_code == 1, left.output
    assert json.loads(left.stdout)["under_way"] == 1
    other = hub(*words, "--operation", "province.progress")
    assert other.exit_code == 0, other.output
    assert json.loads(other.stdout)["under_way"] == 0
    assert [it.drains for it in paused(installed)] == [True, True]

"""`hub partners pause`, `drain` and `resume`: by a named person, with reason and end."""

import json

from typer.testing import CliRunner, Result

from hub.cli import app
from hub.messages.partners import PROVINCIAL
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
    """Paused again it gets the new end; resumed twice it says so."""
    assert hub("partners", "pause", "province", *WHO, "--for", "1h").exit_code == 0
    assert hub("partners", "pause", "province", *WHO, "--for", "3h").exit_code == 0
    (found,) = paused(installed)
    assert (found.operation, found.drains, found.reason) == ("", False, "maintenance")
    assert (found.until - now()).total_seconds() > 2.9 * 3600
    assert hub("partners", "resume", "province", *WHO).exit_code == 0
    assert paused(installed) == []
    again = hub("partners", "resume", "province", *WHO)
    assert (again.exit_code, "not paused any more" in again.output) == (1, True)


def test_what_cannot_be_paused_is_refused(installed: Store) -> None:
    """No such partner, no such operation, an end too far away, a time that is none."""
    assert hub("partners", "pause", "moon", *WHO).exit_code == 2
    assert hub("partners", "pause", "province", *WHO, "--operation", "x").exit_code == 1
    assert hub("partners", "pause", "province", *WHO, "--for", "30d").exit_code == 1
    assert hub("partners", "pause", "province", *WHO, "--for", "soon").exit_code == 2
    assert paused(installed) == []


def test_a_drain_says_how_many_are_being_sent_still(installed: Store) -> None:
    """It stays in force; the other operation is empty."""
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

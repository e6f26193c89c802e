"""Every decision is signed: with the person's name and the user of the machine."""

import os

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.exchange.outbox.emit import emit
from hub.rules.deliveries.states import DeliveryState as S
from hub.store.deliveries import transitions
from hub.store.engine.store import Store
from hub.store.schema.tables.exchange import audit
from tests.support.works import now, step

UNNAMED: tuple[tuple[str, ...], ...] = (
    ("deliveries", "cancel", "1", "--reason", "x"),
    ("deliveries", "complete", "1", "--reason", "x"),
    ("deliveries", "resolve", "1", "absent", "--reason", "x"),
    ("deliveries", "replay", "1", "--reason", "x"),
    ("deliveries", "replay", "--run", "1", "--reason", "x"),
    ("messages", "retry", "m-1", "--reason", "x"),
    ("tasks", "done", "1", "--reason", "x"),
    ("faults", "classify", "provincial", "99", "--as", "permanent", "--reason", "x"),
    ("broker", "requeue", "--restored", "--reason", "x"),
)


def hub(*words: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, list(words))


def actors(store: Store) -> list[str]:
    """Return who stands in the audit, in order."""
    with store.read() as tx:
        return list(tx.execute(sa.select(audit.c.actor).order_by(audit.c.seq)).scalars())


def one_waiting(store: Store) -> None:
    """Let one delivery wait to be sent."""
    with store.write() as tx:
        emit(tx, [step(1, 1)], now())


@pytest.mark.parametrize("words", UNNAMED, ids=lambda words: " ".join(words[:2]))
def test_a_decision_without_a_name_is_refused_and_changes_nothing(
    installed: Store, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Exit code 2, and the sentence says how to give the name, in containers too."""
    monkeypatch.delenv("HUB_OPERATOR")
    monkeypatch.setenv("USER", "officer")
    one_waiting(installed)
    told = hub(*words)
    assert told.exit_code == 2, told.output
    assert "--actor" in told.output
    assert "docker compose exec --env HUB_OPERATOR" in told.output
    assert actors(installed) == []
    with installed.read() as tx:
        assert transitions.place_of(tx, 1, lock=False)[0] is S.PENDING


@pytest.mark.parametrize("by_option", [True, False])
def test_a_decision_is_signed_with_the_person_and_the_system_user(
    installed: Store, monkeypatch: pytest.MonkeyPatch, by_option: bool
) -> None:
    """The option goes before the setting; the number of the user is recorded without asking."""
    one_waiting(installed)
    name = "Lê Văn An" if by_option else "Trần Thị Bình"
    words = ("--actor", "Lê Văn An") if by_option else ()
    assert hub("deliveries", "cancel", "1", "--reason", "x", *words).exit_code == 0
    (actor,) = actors(installed)
    assert actor.startswith(f"{name} (")
    assert actor.endswith(f"uid {os.getuid()})")


def test_an_account_is_no_person(installed: Store) -> None:
    """`cli`, `root`, `officer` sign nothing."""
    one_waiting(installed)
    told = hub("deliveries", "cancel", "1", "--reason", "x", "--actor", "root")
    assert (told.exit_code, actors(installed)) == (2, [])


def test_what_decides_nothing_has_a_stable_name_of_its_own(
    installed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison that a clock started, a plan that sends nothing."""
    monkeypatch.delenv("HUB_OPERATOR")
    assert hub("deliveries", "replay", "--plan").exit_code == 0
    assert hub("partners", "compare", "--day", "2018-08-06").exit_code == 0
    assert actors(installed) == ["hub deliveries replay --plan", "hub partners compare"]

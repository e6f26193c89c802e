"""Plans name what there is: a misspelt partner, type or code is refused before anything is read."""

from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.store.repair import replays
from hub.store.repair.replays import NoSuchPlan
from tests.integration.repair.replay.desk import Desk
from tests.support.works import step


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--destination", "provinz"], "partners are devices, provincial, town_center"),
        (["--type", "province.progres"], "province.progress"),
        (["--code", "partner_refuse"], "codes of dead deliveries are partner_refused"),
    ],
)
def test_a_plan_of_a_name_that_there_is_not_is_refused_with_those_there_are(
    open_desk: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    named: str,
) -> None:
    """A misspelt name would select nothing, and read as if nothing were wrong."""
    desk = open_desk()
    desk.die(step(1, 1))
    monkeypatch.setenv("HUB_DATABASE_URL", desk.works.store.url)
    refused = CliRunner().invoke(app, ["deliveries", "replay", "--plan", *options])
    assert (refused.exit_code, named in refused.output) == (2, True), refused.output
    with desk.works.store.write() as tx, pytest.raises(NoSuchPlan):
        replays.plan_of(tx, 1)


def test_messages_of_a_name_that_there_is_not_are_refused(
    open_desk: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is asked or written; a known code that no message has selects none."""
    monkeypatch.setenv("HUB_DATABASE_URL", open_desk().works.store.url)
    retry = ["messages", "retry", "--plan"]
    refused = CliRunner().invoke(app, [*retry, "--type", "dossier.recieved"])
    assert (refused.exit_code, "dossier.received" in refused.output) == (2, True)
    refused = CliRunner().invoke(app, [*retry, "--code", "no_such_code"])
    assert (refused.exit_code, "codes of parked messages are –" in refused.output) == (2, True)
    assert CliRunner().invoke(app, [*retry, "--code", "partner_refused"]).exit_code == 0

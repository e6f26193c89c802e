"""A result file pulled under a login that is over: a login page in its place is no wrong file."""

from pathlib import Path

import pytest

from adapters.town_center.destination import TownCenter
from hub.messages import catalog
from hub.messages.payloads import TownStep
from tests.support.partners.town import message_of, running_town, settings_for, transfer


@pytest.mark.parametrize("form", ["session_page", "session_forbidden"])
def test_a_file_behind_a_login_page_is_pulled_under_a_new_login(form: str, tmp_path: Path) -> None:
    """Two programs on one account end each other's logins; the result arrives all the same."""
    numbers = [f"000.99.02.H57-180727-{place:04d}" for place in (1, 2)]
    with running_town(tmp_path, "--supplement-share", "0") as (hub, town):
        destination = TownCenter(settings_for(town.url, hub.url))
        town.speak(form, "one_login")
        for number in numbers:
            # A login of another program: the one that files were pulled with is over.
            old = destination.session.token()
            destination.session.token(instead_of=old)
            message = message_of(transfer(number))
            destination.send(destination.prepare(message, catalog.read(message)))
            hub.wait_for(
                lambda number=number: any(  # type: ignore[misc]
                    it.step is TownStep.ENDED for it in hub.sink.steps(number)
                )
            )
        destination.close()
    assert {status for status, _ in hub.answers} == {200}

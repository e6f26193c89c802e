"""What a form asks for is done once, whatever another process does with the same form."""

from contextlib import AbstractContextManager

import pytest

from hub.operations.once import once
from hub.store.engine.store import Store, Tx
from hub.store.users import sent_forms
from hub.texts import Text
from tests.support.works import now

ID = "a-form-of-a-page-0001"


def test_what_another_process_gave_back_is_done_by_the_click_that_waited(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its act raised after this one found the form begun, before it read the outcome."""
    with store.write() as tx:
        assert sent_forms.begin(tx, ID, user="binh", now=now())
    read = store.read

    def given_back_before() -> AbstractContextManager[Tx]:
        monkeypatch.setattr(store, "read", read)
        with store.write() as tx:
            sent_forms.give_back(tx, ID)
        return read()

    monkeypatch.setattr(store, "read", given_back_before)
    done: list[Text] = []

    def act() -> Text:
        done.append(Text("xong", "done"))
        return done[-1]

    form = once(store, ID, user="binh", clock=now, act=act)
    assert len(done) == 1
    assert form.outcome == done[0]
    assert once(store, ID, user="binh", clock=now, act=act).outcome == done[0]
    assert len(done) == 1

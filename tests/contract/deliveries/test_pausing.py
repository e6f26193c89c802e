"""Persons who pause the same operation at once, on both databases."""

import threading
from datetime import timedelta

from hub.operations.deliveries import pausing
from hub.operations.deliveries.pausing import PauseChanged
from hub.store.deliveries import pauses
from hub.store.engine.store import Store
from tests.support.works import AT


def test_of_persons_who_pause_at_once_one_does_and_the_others_are_told(store: Store) -> None:
    """Nobody replaces a pause that nobody saw."""
    until, told = AT + timedelta(hours=1), list[str]()

    def pause(actor: str) -> None:
        ready.wait(30)
        try:
            pausing.pause(
                store,
                "provincial",
                operation,
                until=until,
                expected=None,
                by={"actor": actor, "reason": "a test", "now": AT},
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
            found = pauses.paused_by_persons(tx, "provincial", now=AT)
        (held_by,) = [it.actor for it in found if it.operation == operation]
        assert told == [held_by] * 3
        told.clear()

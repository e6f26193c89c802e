"""Outlasting the store: a role whose database is away for a while waits for it and goes on.

Ending the role instead would close its consumer, and what that had in hand would count as failed:
after some restarts of the database, good messages would lie in `hub.dead`. Nothing is acknowledged
while a role waits, so nothing is lost when the whole process ends meanwhile.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from tenacity import Retrying, retry_if_exception, stop_when_event_set
from tenacity.nap import sleep_using_event
from tenacity.wait import wait_random_exponential

from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import is_away

AnswerT = TypeVar("AnswerT")
FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=5)


def retry_while_unavailable(role: Role, work: Callable[[], AnswerT]) -> AnswerT:
    """Return what `work` returns, doing it again for as long as the store is away.

    `work` must be safe to do again, also when its commit may have gone through. When the role is
    being stopped the last error is raised, as any other error is at once.
    """

    try:
        return work()  # the rule, on the way of every message
    except Exception as error:
        if not is_away(error) or role.stopping.is_set():
            raise
        log.error(Event.STORE_LOST, role=role.name, error=describe_error(error))
    role.stopping.wait(FIRST_PAUSE.total_seconds())
    attempts = Retrying(
        retry=retry_if_exception(is_away),
        wait=wait_random_exponential(FIRST_PAUSE.total_seconds(), max=LONGEST_PAUSE),
        stop=stop_when_event_set(role.stopping),
        sleep=sleep_using_event(role.stopping),
        reraise=True,
    )
    answer = attempts(work)
    log.info(Event.STORE_BACK, role=role.name, attempt=attempts.statistics["attempt_number"] + 1)
    return answer

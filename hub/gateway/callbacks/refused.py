"""Makes a task of a callback that was refused, and closes it when the same step is taken.

A partner repeats a refused callback for a while and then gives up, and the dossier never ends
here. So a person is told at the first refusal which dossier it is about and why. A caller that is
not proven to be the partner can make one task, whatever it sends.
"""

from dataclasses import dataclass
from datetime import datetime

from hub.ports import CallbackAnswer, Clock
from hub.rules.failures.error_summary import describe_error
from hub.rules.owners import WARD_IT
from hub.runtime.telemetry import Event, log
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.repair import tasks
from hub.texts import both

KIND = "callback_refused"
UNPROVEN = "callbacks without a valid signature"
"""The subject of the one task for callers that are not proven to be the partner."""
UNREADABLE = "callbacks that cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedCallbacks:
    """The tasks of one partner's callbacks; threads share it."""

    store: Store
    clock: Clock
    destination: str

    def record(self, answer: CallbackAnswer) -> None:
        """Open or close the task of an answer. Never raises because the store is away."""
        try:
            if answer.cause:
                self._open(answer, self.clock())
            elif answer.status < 300 and answer.subject:
                self._close(answer.subject, self.clock())
        except StoreUnavailable as error:
            log.error(Event.STORE_LOST, role="gateway", error=describe_error(error))

    def _open(self, answer: CallbackAnswer, now: datetime) -> None:
        subject = answer.subject or UNREADABLE if answer.authentic else UNPROVEN
        with self.store.read() as tx:
            if tasks.open_number(tx, KIND, subject, self.destination) is not None:
                return
        finding = tasks.TaskFinding(
            kind=KIND,
            subject=subject,
            destination=self.destination,
            owner=WARD_IT,
            detail=both("tasks.callback_refused", status=answer.status, cause=answer.cause),
            repair=both(
                "tasks.callback_resend" if answer.authentic else "tasks.callback_compare_secret"
            ),
        )
        with self.store.write() as tx:
            opened = tasks.open_once(tx, finding, due_at=None, now=now)
        if opened:
            log.warning(Event.REQUEST_REFUSED, code="callback", detail=subject)

    def _close(self, subject: str, now: datetime) -> None:
        with self.store.read() as tx:
            number = tasks.open_number(tx, KIND, subject, self.destination)
        if number is None:
            return
        with self.store.write() as tx:
            tasks.close_gone(tx, number, now=now)

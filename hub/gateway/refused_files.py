"""Raises a task for a client's file that the gateway refused for what is in it.

Nothing of such a file is kept, and its sender was told why. An officer has to know as well: a
result may wait for that file, and the sender's software may only try again. One open task for a
client, a cause and a dossier; a client cannot have more than a few. Without the store there is no
task: the refusal stands, and the log has it.
"""

from contextlib import suppress
from datetime import datetime

from fastapi.concurrency import run_in_threadpool

from hub.ports import Clock
from hub.rules.failures.errors import FAULTS
from hub.rules.owners import CLERK, WARD_IT
from hub.store.engine.store import Store, StoreUnavailable
from hub.store.messages.file_findings import INFECTED
from hub.store.repair import tasks
from hub.texts import both

KIND = "file_refused"
MOST_OF_A_CLIENT = 20
CAUSES = frozenset(
    {
        "file_type_refused",
        "file_type_differs",
        "file_broken",
        "file_locked",
        "file_active",
        "file_bomb",
        INFECTED,
    }
)
"""The codes of what is wrong with a file itself: repeating the call does not help."""


async def report_on_thread(
    store: Store, client: str, error: Exception, *, clock: Clock, number: str = ""
) -> None:
    """Do what `report` does, on a thread; does nothing for an error of another kind."""
    if getattr(error, "code", "") in CAUSES:
        await run_in_threadpool(report, store, client, error, now=clock(), number=number)


def report(store: Store, client: str, error: Exception, *, now: datetime, number: str = "") -> None:
    """Open the task, where the error is about a file's content; blocks: for threads.

    `number`: of the dossier, "" where the file came before the call that names one.
    """
    code = getattr(error, "code", "")
    if code not in CAUSES:
        return
    finding = _finding(client, code, getattr(error, "why", ""), number)
    with suppress(StoreUnavailable):
        with store.read() as tx:
            if tasks.open_number(tx, *finding.identity) is not None:
                return
        with store.write() as tx:
            tasks.open_among_few(tx, finding, most=MOST_OF_A_CLIENT, now=now)


def _finding(client: str, code: str, why: str, number: str) -> tasks.TaskFinding:
    infected = code == INFECTED
    about = {"client": client, "dossier": number or "?", "code": code, "why": why}
    return tasks.TaskFinding(
        kind=KIND,
        subject=f"{number} {code}".strip(),
        destination=client,
        owner=WARD_IT if infected else CLERK,
        detail=both(
            "files.refused" if number else "files.refused_early", cause=FAULTS[code].text, **about
        ),
        repair=both(
            "files.refused_infected_repair" if infected else "files.refused_repair", **about
        ),
    )

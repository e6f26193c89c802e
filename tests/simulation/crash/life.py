"""The life of a simulated process: from its crash on, nothing of it has any effect.

A crash at a failpoint is raised through the code of the process, which cleans up on its way out
(`finally`, `except BaseException`). A process that is killed does not. So the process is dead from
the strike on, and all that it could reach refuses it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

Step = tuple[str, Callable[[], object]]
"""A role and one step of it."""
RequireAlive = Callable[[], None]
"""Raises Crash when the process is dead."""


class Crash(BaseException):
    """The process ends here: nothing after this line happens in it."""


class Killable(Protocol):
    """What can be killed."""

    name: str

    def crash(self) -> None:
        """End it without a word."""

    def require_alive(self) -> None:
        """Raise Crash when it is dead."""

    def role_crashed(self, step: str, error: Exception) -> None:
        """Hear of a role whose step ended with an error; raises Crash when the process is dead."""


class Acting(threading.local):
    """Whose step a thread takes: the last one, where a step lets others act before it ends."""

    def __init__(self) -> None:
        self._steps: list[Killable] = []

    @contextmanager
    def step_of(self, process: Killable) -> Iterator[None]:
        """What happens in the block is done by this process."""
        self._steps.append(process)
        try:
            yield
        finally:
            self._steps.pop()

    def kill(self) -> str:
        """End the process whose step is being taken; return its name."""
        process = self._steps[-1]
        process.crash()
        return process.name

    @property
    def process(self) -> Killable | None:
        """The process whose step this thread takes, None where it takes none."""
        return self._steps[-1] if self._steps else None


class RefusesDeadProcess:
    """Anything outside a process, as the process has it in hand: it refuses a dead one."""

    def __init__(self, inner: Any, require_alive: RequireAlive) -> None:
        self._inner = inner
        self._require_alive = require_alive

    def __getattr__(self, name: str) -> Any:
        self._require_alive()
        return getattr(self._inner, name)


def take(acting: Acting, process: Killable, step: Step) -> int:
    """Take one step of a process; return how much it did. A crash on the way ends the step."""
    name, work = step
    with acting.step_of(process), suppress(Crash):
        try:
            done = work()
            return done if isinstance(done, int) else 0
        except AssertionError:
            raise
        except Exception as error:
            process.role_crashed(name, error)
    return 1

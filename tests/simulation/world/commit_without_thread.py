"""Group commit without its thread.

While a caller waits, `others` lets further callers submit, inside its own call. The innermost one
finds its item unwritten, and writes the group. A process may be called in one thread only: of two,
one could take the other's item, whose `result(0)` then finds no answer.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.exchange.intake.group_commit import AnswerT, GroupCommit, ItemT, Work


class CommitWithoutThread(GroupCommit):
    """Has the caller take the turn of the thread."""

    others: Callable[[Any], None]
    """Lets other callers come; it is given the item that waits."""

    def start(self) -> None:
        """Begin no thread."""

    def answer(self, work: Work[ItemT, AnswerT], item: ItemT, *, within: timedelta) -> AnswerT:  # noqa: ARG002 - its shape
        """As the real one; what others submit meanwhile is in the same group."""
        future = self.submit(work, item)
        self.others(item)
        if not future.done():
            self.run_once()
        return future.result(0)

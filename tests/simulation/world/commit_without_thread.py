"""Group commit without its thread.

While a caller waits, `others` lets further callers submit, inside its own call. The innermost one
finds its item unwritten, and writes the group. A process may be called in one thread only: of two,
one could take the other's item, whose `result(0)` then finds no answer.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from hub.exchange.intake.group_commit import AnswerT, GroupCommit, ItemT, Work


class CommitWithoutThread(GroupCommit):
    """Has the caller take the turn of the thread."""

    met: Counter[str]
    """Where it is counted how groups are written."""
    others: Callable[[Any], None]
    """Lets other callers come; it is given the item that waits."""
    _had_several = False
    """Whether the group that is being written has several items."""

    def start(self) -> None:
        """Begin no thread."""

    def answer(self, work: Work[ItemT, AnswerT], item: ItemT, *, within: timedelta) -> AnswerT:  # noqa: ARG002 - its shape
        """As the real one; what others submit meanwhile is in the same group."""
        future = self.submit(work, item)
        self.others(item)
        if not future.done():
            self.run_once()
        return future.result(0)

    def _commit(self, work: Work[Any, Any], group: Sequence[Any]) -> None:
        if len(group) > 1:
            self.met["group of several"] += 1
        elif self._had_several:
            self.met["group tried one by one"] += 1
        self._had_several = len(group) > 1
        super()._commit(work, group)
        self._had_several = False

"""Several callers of the way in at once, in one thread: the last of them commits for all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hub.exchange.intake.group_commit import AnswerT, GroupCommit, ItemT, Work


class CommittedTogether(GroupCommit):
    """Has a caller's item written with those of others who come while it waits."""

    others: Callable[[Any], None]
    """Lets other callers come; it is given the item that waits."""

    def start(self) -> None:
        """Begin no thread."""

    def answer(self, work: Work[ItemT, AnswerT], item: ItemT, *, within: timedelta) -> AnswerT:  # noqa: ARG002 - its shape
        """Have an item written; who finds it unwritten when the others have come writes all."""
        future = self.submit(work, item)
        self.others(item)
        if not future.done():
            self.run_once()
        return future.result(0)

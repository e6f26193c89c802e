"""One who acts in a story now and then, in a process of the hub that lives."""

from contextlib import AbstractContextManager, nullcontext

from tests.simulation.world.process import Process


class Actor:
    """An actor: adds its own lines to the story's events."""

    name = ""

    @property
    def share(self) -> float:
        """Probability, 0 to 1, that it acts in a round."""
        return 0.0

    def act(self, process: Process) -> int:  # noqa: ARG002 - for those who act
        """Do one thing; return 0 where there was nothing to do."""
        return 0

    def ruled(self) -> AbstractContextManager[None]:
        """Return what is in force while the story is played."""
        return nullcontext()

    def happen(self) -> None:
        """Let happen what nobody orders, between two rounds."""

    def end(self) -> None:
        """Do what is left when everything has come to rest; raises Broken."""

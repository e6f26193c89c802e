"""Runs the sources of this workstation's devices, whose way in is the spool."""

from hub.edge.spool.spool import Spool
from hub.ports import Source
from hub.runtime.role import Role


class HostedSource(Role):
    """One source; a crash of its device is logged, and it listens again."""

    patience = 60.0

    def __init__(self, source: Source, spool: Spool) -> None:
        super().__init__()
        self.name = f"source.{source.name}"
        self.source = source
        self.spool = spool

    @property
    def trouble(self) -> str:
        """Why the source does not work now, or its device does not."""
        return super().trouble or self.source.trouble

    def run(self) -> None:
        self.source.run(self.spool, self.stopping, self.beat)

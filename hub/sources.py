"""Runs a source in a thread of its own; a crash of its device is logged and it listens again."""

from hub.flow.outlast import outlast
from hub.ports import Sink, Source
from hub.service import Role


class SourceRole(Role):
    """One source at work."""

    def __init__(self, source: Source, sink: Sink) -> None:
        super().__init__()
        self.name = f"source.{source.name}"
        self.source = source
        self.sink = sink

    def run(self) -> None:
        # A source that ends because the store is away has acknowledged nothing to its device.
        outlast(self, lambda: self.source.run(self.sink, self.stopping))

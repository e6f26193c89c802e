"""Runs a source in a thread of its own; a crash of its device is logged and it listens again.

A source beats, so that one whose device hangs (a network folder whose server is away) is seen.
"""

from hub.ports import AcceptanceUnknown, Sink, Source
from hub.rules.failures.error_summary import describe_error
from hub.runtime.role import Role
from hub.runtime.store_retry import retry_while_unavailable
from hub.runtime.telemetry import Event, log


class SourceRole(Role):
    """A source that listens again after each crash, and stops in order with the hub."""

    patience = 60.0

    def __init__(self, source: Source, sink: Sink) -> None:
        super().__init__()
        self.name = f"source.{source.name}"
        self.source = source
        self.sink = sink

    @property
    def trouble(self) -> str:
        """Why the source does not work now, or its device does not."""
        return super().trouble or self.source.trouble

    def run(self) -> None:
        # A source that ends because the store is away, or does not tell what it has stored, has
        # acknowledged nothing to its device: what it says again is stored once.
        try:
            retry_while_unavailable(
                self, lambda: self.source.run(self.sink, self.stopping, self.beat)
            )
        except AcceptanceUnknown as error:
            log.error(Event.STORE_LOST, role=self.name, error=describe_error(error))
            self.stopping.wait(self.crash_pause)

"""The printers of this workstation, as its papers need them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from hub.ports import Answer, Receipt
from hub.rules.edge.protocol import PrintJob


class LocalPrinters(Protocol):
    """Prints papers and is asked about them; raises the failures of `rules.failures` only."""

    @property
    def names(self) -> Sequence[str]:
        """The printers of the file of devices."""

    def send(self, job: PrintJob, begin: Callable[[], None]) -> Receipt:
        """Print once. `begin` is called before the first byte of the job leaves."""

    def find(self, job: PrintJob) -> Answer:
        """Ask the printer about a job, see `Destination.find`."""

    def close(self) -> None:
        """Give back connections; jobs are not followed any more."""

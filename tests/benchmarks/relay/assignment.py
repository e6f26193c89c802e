"""What a contender's program is told, by environment: broker, files, queues, variant."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One trial, as the contender sees it."""

    url: str
    """AMQP address with a virtual host of its own."""
    folder: Path
    work_queue: str
    output_queue: str
    variant: str = ""
    """What the program should do in its own way, see there."""

    @property
    def stamps(self) -> Path:
        """Where finished messages are noted."""
        return self.folder / "stamps"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "store.db"

    def environment(self) -> dict[str, str]:
        """Return it in the form that `assigned` reads."""
        return {
            "BENCH_URL": self.url,
            "BENCH_FOLDER": str(self.folder),
            "BENCH_WORK_QUEUE": self.work_queue,
            "BENCH_OUTPUT_QUEUE": self.output_queue,
            "BENCH_VARIANT": self.variant,
        }


def assigned() -> Assignment:
    """Return this process's assignment."""
    return Assignment(
        url=os.environ["BENCH_URL"],
        folder=Path(os.environ["BENCH_FOLDER"]),
        work_queue=os.environ["BENCH_WORK_QUEUE"],
        output_queue=os.environ["BENCH_OUTPUT_QUEUE"],
        variant=os.environ["BENCH_VARIANT"],
    )

"""A bar for what is running, and a line for what has been measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn


class Line:
    """One measurement under way; its maker sets `rate` when it is known."""

    def __init__(self, progress: Progress, title: str) -> None:
        self.rate = 0.0
        self._progress = progress
        self._task = progress.add_task(title, total=None)

    def report(self, through: int, total: int) -> None:
        """Show how far it is."""
        self._progress.update(self._task, completed=through, total=total)

    def remove(self) -> None:
        """Take the bar away."""
        self._progress.remove_task(self._task)


class Bar:
    """The bars of one benchmark."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<52}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            transient=True,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def line(self, title: str, *, unit: str = "/s") -> Iterator[Line]:
        """Show a bar as long as the block runs, and its rate afterwards."""
        line = Line(self._progress, title)
        try:
            yield line
        finally:
            line.remove()
        text = f"{title:<52} {line.rate:>8,.0f}{unit}"
        self._progress.console.print(text, style="dim", highlight=False)

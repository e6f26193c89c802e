"""A progress bar for what takes longer than a person waits without asking, on standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from hub.cli.output.answer import aside


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar for the length of the block."""
    with Progress(console=aside, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)

"""A progress bar for what takes longer than a person waits without asking."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import Progress

from hub.cli.context import console


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar for the length of the block."""
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)

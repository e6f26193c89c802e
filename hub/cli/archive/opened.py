"""What the archive's commands share: the archive with a progress bar, and why one was not done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hub.bootstrap.retention import make_archive
from hub.cli.context import not_done, opened, settings
from hub.cli.output.answer import aside
from hub.operations.archive import erasing, holding, leading, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sharing
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.operations.archive.run import archiving
from hub.rules.retention.ends import KeepReason
from hub.runtime.clock import utc_now
from hub.texts import text

Number = Annotated[str, typer.Argument(help="dossier")]


@contextmanager
def open_archive() -> Iterator[tuple[Archive, Progress]]:
    """Open the archive of the installation, and a progress bar that it moves."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=aside,
        transient=True,
    )
    task = bar.add_task("…")
    counts: dict[str, int] = {}

    def describe(waits: str = "") -> None:
        words = ", ".join(f"{count} {step}" for step, count in counts.items())
        bar.update(task, description=f"{words or '…'}{waits}")

    def progress(step: str, count: int) -> None:
        counts[step] = counts.get(step, 0) + count
        describe()

    def waiting(late: bool) -> None:
        if late:
            describe(" · " + text("archive_commands.deliveries_first"))

    with opened() as store:
        yield (
            make_archive(settings(), store, clock=utc_now, progress=progress, waiting=waiting),
            bar,
        )


def why_kept(why: KeepReason) -> str:
    """Return why a dossier stays in the database, in words."""
    return text(f"archive_commands.kept_{why.value}")


@contextmanager
def refused() -> Iterator[None]:
    """Print in a line why something was not done, and end with code 1."""
    try:
        yield
    except leading.NotLeading:
        _end(text("archive_commands.another_archives"))
    except ArchiveDamaged as error:
        _end(text("archive_commands.damaged", why=error))
    except erasing.NotErased as error:
        why = why_kept(error.why) if error.why else text("archive_commands.no_dossier")
        _end(f"{error.number}: {why}")
    except (
        *(sharing.NotShared, archiving.NotPast, restoring.NotRestored),
        holding.NoSuchDossier,
    ) as error:
        _end(error)
    except OSError as error:  # a disk that is not mounted, not ours, or does not answer
        _end(f"{error.strerror or error}: {error.filename or 'HUB_ARCHIVE_DIR'}")


def _end(why: object) -> NoReturn:
    raise not_done(why) from None


def size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"

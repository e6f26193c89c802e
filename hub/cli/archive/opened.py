"""What the archive's commands share: the archive with a progress bar, and why one was not done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from hub.bootstrap.retention import make_archive
from hub.cli.context import console, opened, settings
from hub.operations.archive import archiving, erasing, holding, leading, restoring
from hub.operations.archive.config import Archive
from hub.operations.archive.files import sharing
from hub.operations.archive.files.reading import ArchiveDamaged
from hub.rules.retention.ends import KeepReason
from hub.runtime.clock import utc_now

Number = Annotated[str, typer.Argument(help="Number of the dossier (mã hồ sơ).")]
WHY = {
    KeepReason.NOT_CLOSED: "chưa kết thúc · not closed yet",
    KeepReason.TOO_YOUNG: "chưa đủ thời hạn · something happened since",
    KeepReason.LEGAL_HOLD: "đang giữ lại · legal hold (hub archive release)",
    KeepReason.DELIVERY_OPEN: "chưa gửi xong · a delivery is open",
    KeepReason.DELIVERY_AMBIGUOUS: "chưa rõ kết quả gửi · ambiguous (hub deliveries resolve)",
    KeepReason.DELIVERY_DEAD: "không gửi được · dead (hub deliveries attention)",
    KeepReason.MESSAGE_WAITS: "thông điệp chờ xử lý · a message is not handled",
    KeepReason.MESSAGE_PARKED: "thông điệp để riêng · parked (hub messages retry, or --drop)",
    KeepReason.STEP_MISSING: "thiếu bước của thị xã · a step of the town is missing",
    KeepReason.TASK_OPEN: "còn việc phải làm · a task is open (hub tasks)",
    KeepReason.FILE_MISSING: "thiếu hoặc hỏng tệp trong files/ · a stored file is missing or damaged",  # noqa: E501
}


@contextmanager
def open_archive() -> Iterator[tuple[Archive, Progress]]:
    """Open the archive of the installation, and a progress bar that it moves."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
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
            describe(" · nhường cho việc gửi / deliveries go first")

    with opened() as store:
        yield (
            make_archive(settings(), store, clock=utc_now, progress=progress, waiting=waiting),
            bar,
        )


@contextmanager
def refused() -> Iterator[None]:
    """Tell in a line why something was not done, and end with code 1."""
    try:
        yield
    except leading.NotLeading:
        why = "một tiến trình khác đang lưu trữ / another process archives just now; try again"
    except sharing.NotShared as error:
        why = str(error)
    except ArchiveDamaged as error:
        why = f"{error}; chép lại từ bản sao lưu / put it back from a copy, then hub archive verify"
    except erasing.NotErased as error:
        unknown = "không có hồ sơ này / there is no such dossier"
        why = f"{error.number}: {WHY[error.why] if error.why else unknown}"
    except (archiving.NotPast, restoring.NotRestored, holding.NoSuchDossier) as error:
        why = str(error)
    except OSError as error:  # a disk that is not mounted, not ours, or does not answer
        why = f"{error.strerror or error}: {error.filename or 'HUB_ARCHIVE_DIR'}"
    else:
        return
    console.print(f"[red]Chưa làm / Not done:[/] {why}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB"

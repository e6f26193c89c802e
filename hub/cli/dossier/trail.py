"""`hub dossier trail`: the control slip of a dossier."""

from datetime import datetime

import typer
from rich.table import Table

from hub.cli.context import console, opened
from hub.messages import catalog
from hub.records.deadlines.calendar import local
from hub.records.deadlines.due_dates import Timeliness, classify
from hub.rules.failures.errors import FAULTS
from hub.store.archive import files as archive_files
from hub.store.archive import index as archive_index
from hub.store.archive.index import Archived
from hub.store.deliveries import attempts
from hub.store.evidence import handovers
from hub.store.records import dossiers
from hub.store.records.dossiers import Dossier

app = typer.Typer()

PARTNERS = {
    catalog.PROVINCIAL: "Tỉnh",
    catalog.TOWN_CENTER: "TT Hành chính công thị xã",
    catalog.DEVICES: "Thiết bị",
}
RESULTS = {
    "delivered": "đã nhận",
    "already": "đã có từ trước",
    "accepted": "đã tiếp nhận",
    "transient": "chưa gửi được",
    "permanent": "bị từ chối",
    "ambiguous": "chưa rõ kết quả",
    "held": "tạm dừng",
    "absent": "chưa có ở nơi nhận",
    "unknown": "không xác minh được",
    "by_hand": "giao trực tiếp",
}
TIMELINESS = {
    Timeliness.EARLY: "trước hạn",
    Timeliness.ON_TIME: "đúng hạn",
    Timeliness.LATE: "quá hạn",
}


@app.command()
def trail(dossier: str) -> None:
    """Print the control slip of a dossier (phiếu kiểm soát quá trình giải quyết hồ sơ)."""
    with opened() as store, store.read() as tx:
        rows = handovers.of_dossier(tx, dossier)
        sent = {row.delivery_id for row in rows if row.delivery_id is not None}
        differing = attempts.differing(tx, sorted(sent))
        known = dossiers.get(tx, dossier, lock=False)
        archived = archive_index.get(tx, dossier)
        file = archive_files.one(tx, archived.file).name if archived else ""
    if known is None and archived is None and not rows:
        console.print(f"[red]Không có hồ sơ mang mã {dossier}.[/]")
        raise typer.Exit(1)
    table = Table(
        "TT",
        "Bên giao",
        "Bên nhận",
        "Giao lúc",
        "Bên nhận xác nhận",
        "Trung tâm ghi nhận",
        "Kết quả",
        "Ghi chú",
        title=f"Phiếu kiểm soát quá trình giải quyết hồ sơ {dossier}",
    )
    for place, row in enumerate(rows, 1):
        other = PARTNERS.get(row.partner, row.partner)
        sides = ("Phường", other) if row.direction == handovers.OUT else (other, "Phường")
        told = f"{_time(row.answered_at)} {row.receipt}".strip()
        fault = FAULTS.get(row.code)
        note = f"{row.operation}: {fault.text.vi}" if fault else row.operation
        if differs := differing.get((row.delivery_id, row.attempt)):
            note = f"{note} Khác ở / differs in: {differs}"
        result = RESULTS.get(row.outcome, row.outcome)
        table.add_row(
            str(place), *sides, _time(row.sent_at), told, _time(row.recorded_at), result, note
        )
    ending = known or archived
    if ending is not None:
        table.add_section()
        table.add_row("", "Hạn trả", "", "", "", _time(ending.due_at), _ended(ending), "")
    console.print(table)
    if archived is not None:
        erased = ", dữ liệu cá nhân đã xóa / erased" if archived.erased_at else ""
        text = f"Đã lưu trữ / archived {_time(archived.archived_at)}: {file}{erased}"
        console.print(text, highlight=False, soft_wrap=True)


def _time(at: datetime | None) -> str:
    return local(at).strftime("%d/%m/%Y %H:%M:%S") if at else ""


def _ended(dossier: Dossier | Archived) -> str:
    if dossier.finished_at is None:
        return "đang giải quyết"
    return TIMELINESS[classify(dossier.finished_at, dossier.due_at)]

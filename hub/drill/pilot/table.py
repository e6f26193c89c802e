"""The pilot's report for people: the article's table, the balance and the partners' ledgers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

PARTNERS = {"provincial": "Tỉnh", "town_center": "Thị xã"}


@contextmanager
def progress(console: Console) -> Iterator[Progress]:
    """Show how far the pilot is."""
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield bar


def show(console: Console, report: Mapping[str, Any]) -> None:
    """Print the report."""
    console.print()
    console.print(
        Panel(
            Group(_records(report), Text(), _exchange(report), Text(), _faults(report)),
            title="Phường Hương Xuân · thí điểm 24/7 – 15/9/2018",
            subtitle=" · ".join(
                (
                    report["broker"],
                    report["database"],
                    f"{report['duration_s']} s",
                    f"{report['peak_memory_mb']} MB",
                )
            ),
            border_style="cyan",
            expand=False,
        )
    )
    for problem in report["problems"]:
        console.print(f"[bold red]✗[/] {problem}")
    if not report["problems"]:
        console.print(
            "[bold green]✓[/] Mỗi hồ sơ đi một lần, về một lần, đúng thứ tự "
            "[dim](once out, once back, in order)[/]"
        )


def _records(report: Mapping[str, Any]) -> Table:
    table = Table(title="Hồ sơ tiếp nhận, giải quyết, số hóa", title_justify="left", box=None)
    table.add_column("Lĩnh vực")
    table.add_column("Hồ sơ", justify="right")
    table.add_column("", ratio=1)
    total = max(1, report["accepted"])
    for sector, count in report["by_sector"].items():
        bar = "█" * max(1, round(30 * count / total))
        table.add_row(sector, str(count), f"[cyan]{bar}[/]")
    table.add_section()
    sectors = ", ".join(report["in_process_sectors"]) or "–"
    surveys = report["surveys"]
    for label, value, note in (
        ("[bold]Tổng cộng[/]", f"[bold]{report['accepted']}[/]", f"số hóa {report['digitised']}"),
        ("Liên thông với thị xã", report["inter_level"], ""),
        ("Giải quyết trước hạn, đúng hạn", report["settled_in_time"], ""),
        ("Đang giải quyết trong hạn", report["in_process_in_time"], sectors),
        ("Quá hạn", report["late"], ""),
        ("Phiếu khảo sát / hài lòng", f"{surveys['total']} / {surveys['satisfied']}", ""),
    ):
        table.add_row(label, str(value), note)
    if report["archived"]:
        note = f"không tính ở trên; đủ số liệu từ tháng {report['complete_from']}"
        table.add_row("Đã lưu trữ (archived)", str(report["archived"]), note)
    return table


def _exchange(report: Mapping[str, Any]) -> Table:
    table = Table(title="Trao đổi liên cấp", title_justify="left")
    table.add_column("Đối tác", no_wrap=True)
    for heading in ("giao", "đã nhận", "được\nthay", "hồ sơ", "sự kiện", "trùng", "lệch", "thiếu"):
        table.add_column(heading, justify="right")
    for name, ledger in report["ledger"].items():
        states = report["balance"][name]
        table.add_row(
            PARTNERS.get(name, name),
            *(
                str(value)
                for value in (
                    states["accepted"],
                    states["delivered"],
                    states["superseded"],
                    ledger["dossiers"],
                    ledger["events"],
                    ledger["duplicates"],
                    ledger["out_of_order"],
                    ledger["missing"],
                )
            ),
        )
    return table


def _faults(report: Mapping[str, Any]) -> Text:
    faults = report["faults_injected"].items()
    shown = " · ".join(f"{kind} [bold]{count}[/]" for kind, count in faults)
    return Text.from_markup(f"Sự cố đã gây ra: {shown or 'không'}")

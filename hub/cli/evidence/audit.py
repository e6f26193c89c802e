"""The command `hub audit verify`: was anything changed in the chained logs?"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from hub.cli.context import by, console, opened
from hub.records.deadlines.calendar import local
from hub.rules.actors import BY_VERIFY
from hub.store.engine.store import Store, Tx
from hub.store.evidence import anchors, chain
from hub.store.evidence.anchors import Anchor
from hub.store.evidence.verification import ChainCheck, verify

app = typer.Typer()


@app.command("verify")
def audit_verify(
    since: Annotated[
        bool,
        typer.Option("--since", help="Read only what came after the last verified anchor."),
    ] = False,
    anchor: Annotated[
        Path | None,
        typer.Option(help="An exported anchor: the chains must agree with it."),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the new anchor into this file, to be kept elsewhere."),
    ] = None,
) -> None:
    """Check that no row of audit and hand-overs was changed or removed, the last one neither."""
    given = _read(anchor) if anchor else None
    with opened() as store:
        known = given if given is not None else _stored(store)
        verdicts = _verify(store, known, since=since)
        good = not any(verdict.problems for verdict in verdicts)
        new = _anchors(verdicts, known)
        if good:
            with store.write() as tx:
                anchors.store_all(tx, new.values())
    for verdict in verdicts:
        _show(verdict, new[verdict.chain])
    if not good:
        raise typer.Exit(1)
    if export:
        _write(export, anchors.encode(new))


def _stored(store: Store) -> dict[str, Anchor]:
    with store.read() as tx:
        return anchors.stored(tx)


def _verify(store: Store, known: Mapping[str, Anchor], *, since: bool) -> list[ChainCheck]:
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar, store.read(long=True) as tx:
        return [
            _verify_one(tx, one, bar, known.get(one.name), since=since, url=store.url)
            for one in chain.CHAINS
        ]


def _verify_one(
    tx: Tx, one: chain.Chain, bar: Progress, anchor: Anchor | None, *, since: bool, url: str
) -> ChainCheck:
    task = bar.add_task(one.name, total=None)
    verdict = verify(
        tx,
        one,
        since=anchor if since else None,
        known=None if since else anchor,
        progress=lambda done, total: bar.update(task, completed=done, total=total),
        url=url,
    )
    bar.update(task, total=verdict.count, completed=verdict.count)
    return verdict


def _anchors(verdicts: list[ChainCheck], known: Mapping[str, Anchor]) -> dict[str, Anchor]:
    """Return the new anchors. One that follows from a known anchor says no more than that one of
    the rows before it.
    """
    who = by("", "", automatic=BY_VERIFY)
    return {
        verdict.chain: Anchor(
            chain=verdict.chain,
            seq=verdict.seq,
            hash=verdict.head,
            verified_at=who["now"],
            actor=who["actor"],
            whole_at=known[verdict.chain].whole_at if verdict.since else who["now"],
        )
        for verdict in verdicts
    }


def _show(verdict: ChainCheck, anchor: Anchor) -> None:
    for problem in verdict.problems:
        console.print(f"[red]✗[/] {problem}", soft_wrap=True)
    if verdict.problems:
        return
    if verdict.since:
        text = f"{verdict.count} rows after the anchor at row {verdict.since}, they follow from it."
    else:
        text = f"{verdict.count} rows, the chain is whole."
    console.print(f"[green]✓[/] {verdict.chain}: {text}")
    console.print(f"  last row {verdict.seq}, hash {verdict.head or '-'}", style="dim")
    at = anchor.whole_at
    whole = f"{local(at):%d/%m/%Y %H:%M}" if at else "never, as far as known"
    console.print(f"  read from its first row on: {whole}", style="dim")


def _read(path: Path) -> dict[str, Anchor]:
    try:
        return anchors.decode(path.read_bytes(), chains=[one.name for one in chain.CHAINS])
    except (OSError, anchors.BadAnchors) as error:
        why = error.strerror if isinstance(error, OSError) else error
        console.print(f"[red]Không đọc được mốc kiểm tra / No anchor in {path}:[/] {why}")
        raise typer.Exit(2) from None


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        console.print(f"[red]Không ghi được / Not written: {path}:[/] {error.strerror}")
        raise typer.Exit(1) from None
    console.print(
        f"Anchor written to {path}: keep it out of reach of those who can write to the database."
    )

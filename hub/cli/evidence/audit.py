"""The command `hub audit verify`: was anything changed in the chained logs?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from hub.cli.context import by, opened
from hub.cli.output.answer import aside, done, print_line, put, refuse
from hub.cli.output.listing import listing, shown
from hub.rules.actors import BY_VERIFY
from hub.store.engine.file_rights import write_whole
from hub.store.engine.store import Store, Tx
from hub.store.evidence import anchors, chain
from hub.store.evidence.anchors import Anchor
from hub.store.evidence.verification import ChainCheck, verify
from hub.texts import text

app = typer.Typer()
CHAINS = listing("chains", "*chain rows since *last_row *hash *whole_at problems")
ANSWERS = {"verify": ("exported", CHAINS)}


@app.command("verify")
def audit_verify(
    since: Annotated[bool, typer.Option("--since", help="since_anchor")] = False,
    anchor: Annotated[Path | None, typer.Option(help="anchor")] = None,
    export: Annotated[Path | None, typer.Option(help="export_anchor")] = None,
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
    _put(verdicts, new)
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
    with Progress(*columns, console=aside, transient=True) as bar, store.read(long=True) as tx:
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


def _put(verdicts: list[ChainCheck], new: Mapping[str, Anchor]) -> None:
    rows = [
        (it.chain, it.count, it.since, it.seq, it.head, new[it.chain].whole_at, it.problems)
        for it in verdicts
    ]
    put(exported=None, chains=[dict(zip(CHAINS.columns, row, strict=True)) for row in rows])


def _show(verdict: ChainCheck, anchor: Anchor) -> None:
    for problem in verdict.problems:
        refuse(f"✗ {problem}")
    if verdict.problems:
        return
    count = {"chain": verdict.chain, "rows": verdict.count}
    if verdict.since:
        done(text("evidence.chain_since", **count, since=verdict.since))
    else:
        done(text("evidence.chain_whole", **count))
    print_line(
        "  " + text("evidence.last_row", row=verdict.seq, hash=verdict.head or "–"), style="dim"
    )
    whole = shown(anchor.whole_at) if anchor.whole_at else text("evidence.never_known")
    print_line("  " + text("evidence.read_from_first", at=whole), style="dim")


def _read(path: Path) -> dict[str, Anchor]:
    try:
        return anchors.decode(path.read_bytes(), chains=[one.name for one in chain.CHAINS])
    except (OSError, anchors.BadAnchors) as error:
        why = error.strerror if isinstance(error, OSError) else error
        refuse(text("evidence.no_anchor", path=path, why=why))
        raise typer.Exit(2) from None


def _write(path: Path, content: bytes) -> None:
    """Write a file and say so."""
    try:
        write_whole(path, content)
    except OSError as error:
        refuse(text("evidence.not_written", path=path, why=error.strerror))
        raise typer.Exit(1) from None
    put(exported=path)
    print_line(text("evidence.anchor_written", path=path))

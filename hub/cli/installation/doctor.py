"""`hub doctor`: everything that the hub stands on, checked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from hub.bootstrap.installation import open_store
from hub.cli.context import settings
from hub.cli.output.answer import show
from hub.cli.output.listing import listing

if TYPE_CHECKING:
    from hub.preflight.check import Check

app = typer.Typer()
CHECKS = listing("checks", "*mark *subject finding what_to_do")
ANSWERS = {"doctor": (CHECKS,)}


@app.command()
def doctor(
    migrating: Annotated[bool, typer.Option("--migrate", help="migrate_first")] = False,
) -> None:
    """Check everything that the hub stands on, and name the fix of what is wrong."""
    from hub import preflight

    found = settings()
    if migrating:
        open_store(found, migrating=True).close()
    checks = preflight.examine_all(found)
    show_checks(checks)
    raise typer.Exit(1 if any(check.refuses for check in checks) else 0)


def show_checks(checks: Iterable["Check"]) -> None:
    """Print findings; the mark says whether one is well, a warning, or keeps the hub still."""
    show(
        CHECKS,
        [
            (
                "✓" if it.ok else "✗" if it.fatal else "!",
                it.subject,
                it.detail,
                "" if it.ok else it.fix,
            )
            for it in checks
        ],
    )

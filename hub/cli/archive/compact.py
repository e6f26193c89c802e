"""`hub archive compact`: give free room of a SQLite file back."""

import typer

from hub.cli.archive.opened import size
from hub.cli.context import opened
from hub.cli.output.answer import aside, done, print_line, put
from hub.store.archive.pages import free_pages
from hub.texts import text

app = typer.Typer()
ANSWERS = {"compact": ("bytes_before", "bytes")}


@app.command()
def compact() -> None:
    """SQLite, the hub stopped: make the file anew once."""
    with opened() as store:
        if store.name != "sqlite":
            put(bytes_before=None, bytes=None)
            print_line(text("archive_commands.postgresql_compacts"))
            return
        before = free_pages.room(store).size
        with aside.status("VACUUM …"):
            free_pages.compact(store)
        after = free_pages.room(store).size
    put(bytes_before=before, bytes=after)
    done(f"{size(before)} → {size(after)}")

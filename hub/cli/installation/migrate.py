"""The command that brings the database to the schema of this program."""

import typer

from hub.bootstrap.installation import open_store
from hub.cli.context import settings
from hub.cli.output.answer import done, put
from hub.store.schema import revision
from hub.texts import text

app = typer.Typer()
ANSWERS = {"migrate": ("schema", "database")}


@app.command()
def migrate() -> None:
    """Bring the database to this program's schema, or make it; never backwards, a second time safe.

    While it runs no hub may be at work on it: stop the hub and make a backup first.
    """
    found = settings()
    open_store(found, migrating=True).close()
    place, step = revision.place_of(found.database), revision.newest()
    put(schema=step, database=place)
    done(text("installation.schema", step=step, place=place))

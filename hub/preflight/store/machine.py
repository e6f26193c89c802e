"""Disk and database: what the hub remembers with."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from hub.bootstrap.installation import open_store
from hub.preflight.check import Check, clock
from hub.preflight.store.sessions import sessions
from hub.rules.clock_skew import ahead
from hub.rules.failures.error_summary import describe_error
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.engine.file_rights import make_directory, open_paths
from hub.store.engine.store import Store, StoreUnavailable, database_time, is_away
from hub.store.schema.revision import SchemaAge, SchemaMismatch
from hub.texts import text

LEAST_FREE = 512 * 1024 * 1024
"""Bytes of disk below which the hub does not start: accepting means storing."""
LITTLE_FREE = 4 * LEAST_FREE
"""Below this somebody has to see to it soon."""
MOST_SKEW = timedelta(seconds=5)
"""Between the database's clock and ours."""
SKEW_OF_LEASES = timedelta(seconds=60)
"""With several machines a lease is compared by another clock than it was made with: so far apart, a
delivery is asked about and sent again while it is still being sent."""


def disk(settings: Settings) -> Iterator[Check]:
    """Look how much room is left."""
    place = Path(settings.data_dir)
    make_directory(place)
    free = shutil.disk_usage(place).free
    yield Check(
        "disk",
        free >= LITTLE_FREE,
        text("checks.disk", free=free // 2**20, place=place),
        text("checks.disk_fix", least=LEAST_FREE // 2**20),
        fatal=free < LEAST_FREE,
    )


def rights(settings: Settings) -> Iterator[Check]:
    """Name what other users of this machine may read of what the hub stores."""
    found = open_paths(Path(settings.data_dir))
    if not found:
        yield Check("rights", True, text("checks.rights_closed"))
        return
    directories = " ".join(str(path) for path in found if path.is_dir())
    files = " ".join(str(path) for path in found if not path.is_dir())
    fix = [f"chmod 700 {directories}"] * bool(directories) + [f"chmod 600 {files}"] * bool(files)
    detail = text("checks.rights_open", paths=", ".join(str(path) for path in found))
    yield Check("rights", False, detail, "; ".join(fix))


def database(settings: Settings) -> Iterator[Check]:
    """Compare the schema with this program's and the database's clock with ours; change nothing."""
    try:
        store = open_store(settings)
    except SchemaMismatch as found:
        # Too old or not there yet: the start of a hub brings it along. Too new: nothing can.
        fix = text("checks.migrate")
        newer = found.age is SchemaAge.NEWER
        yield Check("database", False, str(found), "" if newer else fix, fatal=newer)
        return
    except StoreUnavailable as error:
        fix = text("checks.database_fix")
        if "startup parameter" in str(error):  # PgBouncer's words
            fix = text("checks.pooler_fix")
        yield Check(
            "database",
            False,
            (repr(error)[:200] if is_away(error) else describe_error(error)),
            fix,
            fatal=True,
        )
        return
    try:
        yield Check("database", True, text("checks.schema_current", store=store.name))
        # SQLite has no clock but this machine's; a lease is compared by one process only.
        several = store.name != "sqlite"
        refuse = SKEW_OF_LEASES if several else None
        yield clock("database clock", _ahead(store), warn=MOST_SKEW, refuse=refuse)
        yield from sessions(store)
    finally:
        store.close()


def _ahead(store: Store) -> timedelta:
    with store.read() as tx:
        sent = utc_now()
        theirs = database_time(tx)
        return ahead(theirs, sent=sent, received=utc_now(), exact_to=timedelta(milliseconds=1))

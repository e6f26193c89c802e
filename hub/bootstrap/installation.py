"""What an installation is made of on its own machine: the store and the files beside it.

Light on purpose: a command that reads the store needs no web server, no broker, no partner.
"""

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from hub.messages.partners import PARTNERS
from hub.runtime.clock import utc_now
from hub.settings import Settings
from hub.store.engine.file_rights import make_directory, tighten
from hub.store.engine.store import Store
from hub.store.schema import revision

if TYPE_CHECKING:
    from hub.store.repair.restore import CallCounterFile

_ADAPTERS = Path(__file__).parents[2] / "adapters"
FAULT_DATA = {
    **{name: _ADAPTERS / name / "data" / "faults.toml" for name in PARTNERS},
    "http": _ADAPTERS / "wire" / "data" / "faults.toml",
}
"""Where each partner's codes are explained; http: what holds for all of them."""


def open_store(
    settings: Settings, *, migrating: bool = False, notify_listeners: bool = True
) -> Store:
    """Return the installation's store; raises SchemaMismatch where its schema is another one.

    `migrating` makes the database, or brings it to this program's schema: for the start of a hub
    and for the command that says so. `notify_listeners`: for a process without a relay.
    """
    if not migrating:
        revision.require_file(settings.database)
    else:
        make_directory(Path(settings.data_dir))
    store = Store(settings.database, notify_listeners=notify_listeners)
    try:
        if migrating:
            if not revision.is_current(store):
                from hub.store.schema.migrate import migrate

                migrate(store)
            tighten(Path(settings.data_dir))
        else:
            revision.require_current(store)
    except BaseException:
        store.close()
        raise
    return store


def id_of(store: Store) -> str:
    """Return the store's id; a store that has none is given one."""
    from hub.store.engine import identity

    with store.read() as tx:
        found = identity.known(tx)
    if found:
        return found
    with store.write() as tx:
        return identity.ensure_id(tx, identity.fresh(host=socket.gethostname(), now=utc_now()))


def mark_of(settings: Settings) -> "CallCounterFile":
    """Return the mark by which an old copy of the database is noticed."""
    from hub.store.repair.restore import CallCounterFile

    return CallCounterFile(Path(settings.data_dir) / "calls-made")

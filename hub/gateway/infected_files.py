"""Gives no file out in which the virus scanner found something.

Such a file is here because a partner's result is never thrown away. It is scanned again when it is
asked for: what the scanner was wrong about is given out as soon as the scanner knows better.
"""

from hub.messages.invalid import InvalidMessage
from hub.ports.files import ScannerAway
from hub.store.engine.store import Store
from hub.store.messages import file_findings
from hub.store.messages.blobs import BlobStore


def refuse_infected(store: Store, files: BlobStore, sha256: str) -> None:
    """Raise InvalidMessage (`file_infected`) for a file that must not leave the hub."""
    with store.read() as tx:
        found = file_findings.of_file(tx, sha256)
    if found is None or found.code != file_findings.INFECTED:
        return
    try:
        virus = files.check.virus_in(files.path(sha256)) if files.check else found.why
    except ScannerAway:
        virus = found.why
    if virus:
        raise InvalidMessage(found.code, where=sha256, why=virus)
    with store.write() as tx:
        file_findings.forget(tx, sha256)

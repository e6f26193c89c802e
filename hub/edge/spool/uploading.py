"""Which spooled files the hub does not have yet, and how far the upload of each is."""

from dataclasses import dataclass

from hub.edge.spool.spool import Spool, Waiting


@dataclass(frozen=True, slots=True)
class Pending:
    """A file that has to be uploaded."""

    sha256: str
    size: int
    name: str
    media_type: str
    upload: str
    """Path of the upload at the hub, "" where none was begun."""


class PendingFiles:
    """The files of waiting events, in the order of the events."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._database = spool.database

    def next(self) -> Pending | None:
        """Return the file that the oldest waiting event needs, None where the hub has all."""
        rows = self._database.all(
            "SELECT files.* FROM events JOIN event_files USING (place) JOIN files USING (sha256)"
            " WHERE events.refusal IS NULL AND stored_sha256 = '' ORDER BY place LIMIT 1"
        )
        if not rows:
            return None
        row = rows[0]
        return Pending(row["sha256"], row["size"], row["name"], row["media_type"], row["upload"])

    def begun(self, sha256: str, upload: str) -> None:
        """Write down where an upload goes on, "" to begin anew."""
        with self._database.write() as tx:
            tx.execute("UPDATE files SET upload = ? WHERE sha256 = ?", (upload, sha256))

    def stored(self, sha256: str, stored_sha256: str) -> None:
        """Write down that the hub has a file, and under which hash."""
        with self._database.write() as tx:
            tx.execute(
                "UPDATE files SET stored_sha256 = ? WHERE sha256 = ?", (stored_sha256, sha256)
            )

    def refused(self, sha256: str, why: str) -> None:
        """Keep the events of a file for a person: the hub takes no such content."""
        rows = self._database.all(
            "SELECT place, device, sequence, body FROM events JOIN event_files USING (place)"
            " WHERE sha256 = ? AND refusal IS NULL",
            sha256,
        )
        for row in rows:
            event = Waiting(row["place"], row["device"], row["sequence"], row["body"], (sha256,))
            self._spool.refuse(event, why)

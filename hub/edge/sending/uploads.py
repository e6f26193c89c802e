"""Uploads spooled files by tus 1.0: part by part, each with its sha256, resumed where a cut was.

Where the upload stands, the hub is asked; what it does not know any more is begun anew. A file that
the hub refuses for its content keeps its events for a person.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import urlsplit

from hub.edge.line import CallRefused, HttpReply, HubAway, HubLine
from hub.edge.sending.roles import CallingRole, LineState
from hub.edge.spool.spool import Spool
from hub.edge.spool.uploading import Pending, PendingFiles

PATH = "/v1/uploads"
PART = 512 * 1024
"""Bytes of one call: what a cut loses at most."""
_VERSION = {"Tus-Resumable": "1.0.0"}
_GONE = (404, 410)
_PART_DIFFERS = 460


class FileUploader(CallingRole):
    """Uploads one file at a time."""

    name = "edge.files"

    def __init__(
        self, spool: Spool, line: HubLine, state: LineState, *, sender: CallingRole
    ) -> None:
        """`sender` is woken when a file is there."""
        super().__init__(line, state)
        self.spool = spool
        self.pending = PendingFiles(spool)
        self.sender = sender

    def run_once(self) -> bool:
        """Upload the next file; return whether there was one."""
        file = self.pending.next()
        if file is None:
            return False
        try:
            self._upload(file)
        except CallRefused as refused:
            if refused.status in _GONE:
                self.pending.begun(file.sha256, "")
                if not file.upload:  # it was begun a moment ago
                    raise HubAway(str(refused)) from None
            elif refused.status == _PART_DIFFERS:
                raise HubAway(str(refused)) from None
            else:
                self.pending.refused(file.sha256, f"{file.name}: {refused}")
        except FileNotFoundError:  # a virus scanner took it away, or the disk lost it
            self.pending.refused(file.sha256, f"{file.name}: its content is not in the spool")
        self.sender.wakeup.wake()
        return True

    def _upload(self, file: Pending) -> None:
        upload = file.upload or self._begin(file)
        reply = self._call("HEAD", upload)
        with self.spool.files.path(file.sha256).open("rb") as stream:
            while (place := _offset(reply)) < file.size:
                self.beat()
                if self.stopping.is_set():
                    return
                reply = self._part(upload, stream, place)
        stored = reply.headers.get("x-sha256", "")
        if not stored:
            raise HubAway("the upload is whole, and not stored yet")
        self.pending.stored(file.sha256, stored)

    def _begin(self, file: Pending) -> str:
        claims = {"filename": file.name, "filetype": file.media_type, "sha256": file.sha256}
        pairs = (f"{key} {base64.b64encode(it.encode()).decode()}" for key, it in claims.items())
        headers = {"Upload-Length": str(file.size), "Upload-Metadata": ",".join(pairs)}
        reply = self._call("POST", PATH, headers=headers)
        upload = urlsplit(reply.headers.get("location", "")).path
        if PATH not in upload:
            raise HubAway("the hub named no place for the upload")
        upload = upload[upload.index(PATH) :]
        self.pending.begun(file.sha256, upload)
        return upload

    def _part(self, upload: str, stream: BinaryIO, place: int) -> HttpReply:
        stream.seek(place)
        part = stream.read(PART)
        if not part:
            raise FileNotFoundError(f"the file ends at byte {place}")
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(place),
            "Upload-Checksum": f"sha256 {digest}",
        }
        return self._call("PATCH", upload, body=part, headers=headers)

    def _call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> HttpReply:
        return self.line.call(method, path, body=body, headers={**_VERSION, **(headers or {})})


def _offset(reply: HttpReply) -> int:
    try:
        return int(reply.headers.get("upload-offset", ""))
    except ValueError:
        raise HubAway("the hub does not tell where the upload stands") from None

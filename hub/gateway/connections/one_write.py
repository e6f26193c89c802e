"""The header of an answer and the first piece of its body leave together.

uvicorn writes them one after the other: two ways into the system and two packets for each call.
`script/bench gateway` pays for this module.
"""

import asyncio

_INTERIM = b"HTTP/1.1 100 "


class OneWrite:
    """The line as the answer to one request sees it: what uvicorn's cycle calls, no more."""

    __slots__ = ("_head", "_line", "_started")

    def __init__(self, line: asyncio.Transport) -> None:
        self._line = line
        self._head = b""
        """The header, until something follows."""
        self._started = False

    def write(self, data: bytes) -> None:
        """Write what comes, the header with what follows it."""
        if self._started:
            head, self._head = self._head, b""
            self._line.write(head + data if head else data)
        elif data.startswith(_INTERIM):  # its reader waits for it before it sends the body
            self._line.write(data)
        else:
            self._started, self._head = True, data

    def close(self) -> None:
        """Write what is left and close the line."""
        if self._head:
            self.write(b"")
        self._line.close()

    def is_closing(self) -> bool:
        """Return whether the line is closed or about to be."""
        return self._line.is_closing()

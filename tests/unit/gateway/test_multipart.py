"""Parts of `multipart/related` come out the same wherever the line was cut."""

from collections.abc import Mapping

import pytest

from hub.gateway.soap.reading.multipart import MultipartReader
from hub.messages.invalid import InvalidMessage

PACKAGE = (
    b"preamble\r\n--b\r\nContent-ID: <a>\r\n\r\nfirst\r\n--"
    b"\r\n--b  \r\nContent-ID:\r\n <b>\r\n\r\n"
    b"\r\n--b\r\n\r\n\r\n\r\n\r\n--b--\r\nepilogue"
)
PARTS = [("<a>", b"first\r\n--"), ("<b>", b""), ("", b"\r\n\r\n")]


class Collected:
    """Keeps the bodies of parts."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, bytes]] = []
        self.ended = 0

    def open(self, headers: Mapping[str, str]) -> "Collected":
        self.parts.append((headers.get("content-id", ""), b""))
        return self

    def write(self, data: bytes) -> None:
        name, body = self.parts[-1]
        self.parts[-1] = (name, body + data)

    def end(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("size", range(1, len(PACKAGE) + 1))
def test_parts_are_the_same_in_pieces_of_any_size(size: int) -> None:
    """Boundaries, headers and line ends may be cut anywhere."""
    found = Collected()
    reader = MultipartReader("b", found.open)
    for at in range(0, len(PACKAGE), size):
        reader.feed(PACKAGE[at : at + size])
    reader.close()
    assert (found.parts, found.ended) == (PARTS, 3)


@pytest.mark.parametrize("end", range(len(PACKAGE) - len(b"--\r\nepilogue") + 1))
def test_a_package_that_ends_early_is_refused(end: int) -> None:
    """A cut line is no whole call."""
    reader = MultipartReader("b", Collected().open)
    reader.feed(PACKAGE[:end])
    with pytest.raises(InvalidMessage):
        reader.close()

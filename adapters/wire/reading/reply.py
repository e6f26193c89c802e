"""One HTTP reply as it came, with what was found while it was read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.wire.reading.findings import Findings
from hub.rules.clock_skew import ahead_by_http


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP reply, its framing undone. `headers` has lower-case names; of repeated ones the last.

    `body` is what was sent, still compressed or packaged: its hash is the evidence.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    repeated: dict[str, list[str]] = field(default_factory=dict)
    """Every value of the fields that came more than once."""
    findings: Findings = field(default_factory=Findings, compare=False, repr=False)

    def header(self, name: str) -> str:
        """Return a header field by its lower-case name, "" when it is not there."""
        return self.headers.get(name, "")

    def every(self, name: str) -> list[str]:
        """Return all values of a header field, also of one that is repeated or a list."""
        if name not in self.headers:
            return []
        values = self.repeated.get(name) or [self.headers[name]]
        return [part.strip() for value in values for part in value.split(",")]

    def clock_ahead(self, *, sent: datetime, received: datetime) -> timedelta | None:
        """Return by how much the sender's clock is ahead of ours, None when it does not tell."""
        date, age = self.header("date"), self.header("age")
        return ahead_by_http(date, sent=sent, received=received, age=age)

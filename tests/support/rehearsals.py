"""A rehearsal at a partner of the tests, by settings as an installation has them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hub.rehearsals import Rehearsal, Walked
from hub.settings import load

AGENCY = "000.99.01.H57"
NUMBER = f"{AGENCY}-261128-9001"
"""Of the test dossier."""


def rehearse(
    partner: str, environment: Mapping[str, str], *, number: str = NUMBER
) -> tuple[Rehearsal, Walked]:
    """Walk through a partner and return what came of it; `number` "" registers nothing."""
    settings = load({"HUB_CONNECT_TIMEOUT": "2", "HUB_REPLY_TIMEOUT": "5", **environment})
    rehearsal = Rehearsal(
        partner=partner,
        settings=settings,
        now=datetime.now(UTC),
        by="Trần Thị Thử",
        number=number,
        reason="kiểm tra",
    )
    return rehearsal, rehearsal.run(tell=lambda _: None)


def attention(walked: Walked) -> dict[str, str]:
    """Return step -> words of what a person has to attend to."""
    return {it.step: it.en for it in walked.findings if it.mark == "attention"}


def lines(walked: Walked) -> dict[str, object]:
    """Return the proposal's keys with their values."""
    return {".".join(it.path): it.value for it in walked.proposal.lines}

"""A rehearsal at a foreign partner: its proposal alone carries the exchange of a running hub.

The provinces are in the long run only.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.foreign.exchange.exchange import run
from tests.foreign.exchange.kinds import KINDS
from tests.foreign.exchange.partner import (
    ACCOUNT,
    CALLBACK_SECRET,
    CLIENT_SECRET,
    FILE_TOKEN,
    PASSWORD,
    ForeignPartner,
    running,
)
from tests.support.partners.rehearsals import AGENCY, attention, lines, rehearse

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.timeout(120)]

DOSSIERS = 8
NO_LAG = '[lookup]\nlag = "0s"\n'
"""Before the rehearsal, so that the lag which it measures is proposed: the shipped half minute is
for a partner of whom nothing is known, and a rehearsal never lowers it."""
IN_EVERY_RUN = ("node-town",)
WANTED = {
    "npm-soap": {"echo.header", "lookup.lag"},
    "php": {"echo.header", "lookup.lag"},
    "node-rest": {"echo.header", "lookup.lag"},
    "node-town": {"lookup.lag"},
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(it, marks=[] if it in IN_EVERY_RUN else [pytest.mark.long]) for it in WANTED],
)
def test_the_proposal_of_a_rehearsal_carries_the_exchange(name: str, tmp_path: Path) -> None:
    """A test dossier, then others through a hub while replies are lost: each effect once."""
    kind = KINDS[name]
    before = tmp_path / "before.toml"
    before.write_text(NO_LAG, encoding="utf-8")
    partner = ForeignPartner(kind, tmp_path / "rehearsed", hub_url="http://127.0.0.1:9")
    with running(partner):
        town = kind.mode == "town"
        rehearsal, walked = rehearse(
            "town" if town else "province", _environment(kind.mode, partner.port, before)
        )
    assert walked.runs, attention(walked)
    assert "check" not in attention(walked), attention(walked)
    assert set(lines(walked)) == WANTED[name]
    proposed = replace(kind, profile=rehearsal.proposal(walked))
    drill, problems = run(proposed, tmp_path / "drill", dossiers=DOSSIERS, kills=(), seed=3)
    assert problems == []
    assert len(drill.counter.numbers) == DOSSIERS


def _environment(mode: str, port: int, profile: Path) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    town = {
        "HUB_TOWN_URL": url,
        "HUB_TOWN_CLIENT_ID": ACCOUNT,
        "HUB_TOWN_CLIENT_SECRET": CLIENT_SECRET,
        "HUB_TOWN_CALLBACK_SECRET": CALLBACK_SECRET,
        "HUB_TOWN_PROFILE": str(profile),
        "HUB_FILE_TOKEN": FILE_TOKEN,
    }
    province = {
        "HUB_PROVINCE_URL": url,
        "HUB_PROVINCE_MODE": mode,
        "HUB_PROVINCE_USERNAME": ACCOUNT,
        "HUB_PROVINCE_PASSWORD": PASSWORD,
        "HUB_PROVINCE_PROFILE": str(profile),
    }
    chosen = town if mode == "town" else province
    return {**chosen, "HUB_PROVINCE_AGENCY": AGENCY, "HUB_DATA_DIR": str(profile.parent)}

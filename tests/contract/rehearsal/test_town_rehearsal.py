"""A rehearsal at the town: token, readiness, look-up, a transfer, in each dialect."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.simulation.process import SimulatorProcess
from tests.support.partners import town as t
from tests.support.partners.rehearsals import AGENCY, attention, lines, rehearse

WANTED: dict[str, dict[str, object]] = {
    "dotnet": {},
    "axis": {},
    "php": {},
    "node": {"echo.header": ""},
    "old-iis": {"resolution.time": timedelta(minutes=1)},
    "gateway": {"echo.header": ""},
    "replica": {},
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """One simulated town; no hub listens for its callbacks."""
    with t.start_town(tmp_path_factory.mktemp("town"), "http://127.0.0.1:9") as found:
        yield found


# The gateway's answer to the made-up token proves nothing: the rehearsal then waits two minutes.
WAITS = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.mark.parametrize(
    "dialect",
    [pytest.param(name, marks=WAITS if name == "gateway" else []) for name in WANTED],
)
def test_each_dialect_of_a_town_is_rehearsed(
    dialect: str, town: SimulatorProcess, tmp_path: Path
) -> None:
    """The exchange runs under the proposal; one transfer is there, once."""
    number = f"{AGENCY}-261128-3{list(WANTED).index(dialect):03}"
    town.speak(dialect, lag_seconds=0.5)
    environment = {
        "HUB_TOWN_URL": town.url,
        "HUB_TOWN_CLIENT_ID": "ward",
        "HUB_TOWN_CLIENT_SECRET": t.CLIENT_SECRET,
        "HUB_TOWN_CALLBACK_SECRET": t.CALLBACK_SECRET,
        "HUB_FILE_TOKEN": t.FILE_TOKEN,
        "HUB_PROVINCE_AGENCY": AGENCY,
        "HUB_DATA_DIR": str(tmp_path),
    }
    rehearsal, walked = rehearse("town", environment, number=number)
    assert walked.runs, attention(walked)
    assert lines(walked) == WANTED[dialect]
    assert "check" not in attention(walked)
    assert t.CLIENT_SECRET not in rehearsal.protocol(walked)
    kinds = [row["kind"] for row in town.effects(dossier=number)]
    assert kinds.count("dossier") == 1, kinds

"""The command that plays a story again."""

import shlex

from tests.simulation.partners.choice import MIXED
from tests.simulation.plot import DOSSIERS, DOSSIERS_ON_POSTGRES, VERSION, Plot


def command(plot: Plot, *, postgres: bool = False, defect: str = "") -> str:
    """Return it with each option that differs from what the command takes by itself."""
    words = ["script/simulate", "--seed", f"{plot.seed}", "--version", f"{VERSION}", "--story"]
    if postgres:
        words.append("--postgres")
    if plot.dossiers != (DOSSIERS_ON_POSTGRES if postgres else DOSSIERS):
        words += ["--dossiers", f"{plot.dossiers}"]
    if plot.partners != MIXED:
        words += ["--partners", plot.partners]
    if defect:
        words += ["--defect", defect]
    return shlex.join(words)

"""script/test long brings the virus scanner that its tests start, or says that it is missing."""

import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "script/lib"


def set_up(there: Path, *, root: bool) -> str:
    """Run the library's own function on a machine that has ClamAV in `there`, or has none."""
    machine = f'apt_install() {{ echo "apt $*"; }}\nmay_apt() {{ {"true" if root else "false"}; }}'
    program = (
        f"set -eu\nclamd={there}/clamd\n. {LIB}/say.sh\n. {LIB}/scanner.sh\n{machine}\n"
        "install_scanner"
    )
    done = subprocess.run(
        ["/bin/sh", "-c", program],
        env={"PATH": str(there)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("root", "said"), [(True, "apt clamav-daemon\n"), (False, "Not here: clamav-daemon")]
)
def test_a_missing_scanner_is_installed_by_root_and_named_to_others(
    tmp_path: Path, root: bool, said: str
) -> None:
    """The other long tests go on without."""
    assert said in set_up(tmp_path, root=root)


def test_nothing_is_said_where_the_scanner_is(tmp_path: Path) -> None:
    """A second run needs no network."""
    place = tmp_path / "clamd"
    place.write_text("#!/bin/sh\n", encoding="ascii")
    place.chmod(0o755)
    assert set_up(tmp_path, root=True) == ""

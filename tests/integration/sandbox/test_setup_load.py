"""Set-up brings the load generators of script/bench gateway, or says which are missing."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIB = ROOT / "script/lib"


def set_up(there: Path, *, root: bool) -> str:
    """Run the library's own function on a machine with the programs in `there`."""
    machine = f'apt_install() {{ echo "apt $*"; }}\nmay_apt() {{ {"true" if root else "false"}; }}'
    program = f"set -eu\n. {LIB}/say.sh\n. {LIB}/load.sh\n{machine}\ninstall_load"
    done = subprocess.run(
        ["/bin/sh", "-c", program],
        env={"PATH": str(there)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def put(there: Path, name: str) -> None:
    place = there / name
    place.write_text("#!/bin/sh\n", encoding="ascii")
    place.chmod(0o755)


@pytest.mark.parametrize(("root", "said"), [(True, "apt wrk nghttp2-client"), (False, "Not here:")])
def test_what_is_missing_is_installed_by_root_and_named_to_others(
    tmp_path: Path, root: bool, said: str
) -> None:
    """The other benchmarks go on without."""
    output = set_up(tmp_path, root=root)
    assert "wrk nghttp2-client" in output
    assert said in output


def test_only_what_is_missing_is_installed(tmp_path: Path) -> None:
    """A program that is there is nobody's to install again."""
    put(tmp_path, "wrk")
    assert "apt nghttp2-client\n" in set_up(tmp_path, root=True)


def test_nothing_is_said_where_both_are(tmp_path: Path) -> None:
    """A second run needs no network."""
    put(tmp_path, "wrk")
    put(tmp_path, "h2load")
    assert set_up(tmp_path, root=True) == ""

"""Set-up installs Debian's broker and database and leaves the machine's services as they were."""

import subprocess
from pathlib import Path

import pytest

LIB = Path(__file__).parents[3] / "script" / "lib" / "apt.sh"
PACKAGE = """
apt_get() {
    : >"$units/rabbitmq-server.service"; : >"$units/epmd.socket"; : >"$units/postgresql@.service"
    : >"$scripts/postgresql"
    return ${broken:-0}
}
disable_unit() { echo "disabled $1"; }
forbid_service_start() { echo forbidden; }
allow_service_start() { echo allowed; }
"""
"""A package whose installation brings units and a start script of the old kind."""


def install(directory: Path, **variables: str) -> list[str]:
    """Install the package with the library's own function; return what was done to services."""
    units, scripts = directory / "units", directory / "scripts"
    for place in (units, scripts):
        place.mkdir()
    (units / "cron.service").touch()
    (scripts / "cron").touch()
    program = f"set -eu; . {LIB}; {PACKAGE} apt_install some packages || echo failed"
    environment = {
        "PATH": "/usr/bin:/bin",
        "units": str(units),
        "scripts": str(scripts),
        "unit_places": f"{units} {scripts} {directory}/missing",
        **variables,
    }
    done = subprocess.run(
        ["/bin/sh", "-c", program], cwd=directory, env=environment, capture_output=True, check=True
    )
    log = directory / "var" / "setup" / "apt.log"
    return [*done.stdout.decode().split("\n"), *log.read_text().split("\n")]


@pytest.mark.parametrize(("broken", "word"), [("0", "allowed"), ("1", "failed")])
def test_what_the_packages_brought_is_not_started_at_the_next_boot(
    tmp_path: Path, broken: str, word: str
) -> None:
    """Also when the installation failed half way; what was there before is left alone."""
    done = install(tmp_path, broken=broken)
    assert [line for line in done if line.startswith("disabled")] == [
        "disabled epmd.socket",
        "disabled postgresql.service",
        "disabled rabbitmq-server.service",
    ]
    assert word in done
    assert done.index("forbidden") < done.index("allowed")

"""The probe of containers and systemd: it asks the health port, and waits if it is told to."""

import threading

import pytest

from hub.monitoring import probe
from hub.runtime.role import Role
from tests.support.network.health_port import health_port


class Starting(Role):
    """A role that is in trouble until it is let go."""

    name = "starting"

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def run(self) -> None:
        self.stopping.wait()

    @property
    def trouble(self) -> str:
        """Why it does not work: nobody has asked yet."""
        if self.asked.is_set():
            return ""
        self.asked.set()
        return "not yet"


def environment(url: str) -> dict[str, str]:
    """Return the settings of a process that has its port there."""
    return {"HUB_HEALTH_PORT": url.rpartition(":")[2]}


def test_what_does_not_work_is_a_line_each() -> None:
    """The role, since when, and why."""
    role = Starting()
    with health_port([role]) as url:
        (line,) = probe.problems(environment(url))
        assert line.startswith("starting: does not work, its last step was at ")
        assert line.endswith("not yet")
        assert probe.problems(environment(url)) == []


def test_waiting_ends_as_soon_as_all_works() -> None:
    """Far sooner than the time that it may take."""
    with health_port([Starting()]) as url:
        assert probe.wait_until_ready(environment(url), seconds=60) == []


def test_a_port_that_does_not_answer_is_a_problem() -> None:
    """The process ended, or hangs before it opened its port."""
    with health_port() as url:
        pass
    (line,) = probe.problems(environment(url))
    assert line == f"{url}/readyz does not answer (URLError)"


def test_the_command_ends_by_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 where all works or nothing is there to ask, else 1 with the lines."""
    monkeypatch.delenv("HUB_HEALTH_PORT", raising=False)
    assert probe.main([]) == 0
    with health_port(store_trouble="silent") as url:
        monkeypatch.setenv("HUB_HEALTH_PORT", url.rpartition(":")[2])
        assert probe.main([]) == 1
    assert capsys.readouterr().out.splitlines().count("silent") == 1

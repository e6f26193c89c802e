"""The health port: a process that lives, one that is ready, and who may read its figures."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which

from fastapi import FastAPI

from hub import __version__
from hub.bootstrap.build import build
from hub.drill.sandbox import loopback
from hub.drill.sandbox.programs import MissingProgram
from hub.exchange.delivery.settle import CallOutcome
from hub.exchange.delivery.settle_batch import count
from hub.exchange.outbox.emit import emit
from hub.gateway.serve import WebRole
from hub.monitoring.endpoint import MOST_AT_ONCE
from hub.monitoring.sampling import Sampling
from hub.ports import Receipt
from hub.rules.devices.health import DeviceFinding
from hub.rules.failures.errors import PermanentFailure
from hub.runtime.metrics import COMMIT_GROUPS
from hub.runtime.role import Role
from hub.settings import Settings
from hub.store.deliveries.transitions import Claimed
from hub.store.devices import states
from hub.store.engine.store import Store
from tests.support.database.stores import lay_store
from tests.support.network.health_port import fetch, fetch_json, health_port, value
from tests.support.works import AT, now, record


class Idle(Role):
    """A role that has nothing to do."""

    name = "idle"

    def run(self) -> None:
        self.stopping.wait()


@contextmanager
def idle() -> Iterator[Idle]:
    """Give a role that runs."""
    role = Idle()
    role.start()
    yield role
    role.stop()


def test_a_process_lives_whatever_its_roles_do() -> None:
    """`/healthz` says that the process answers; `/readyz` says which role does not, since when."""
    with idle() as role, health_port([role]) as url:
        assert fetch(f"{url}/healthz") == (200, "ok\n")
        status, document = fetch_json(f"{url}/readyz")
        assert (status, document["ready"]) == (200, True)
        role.patience = -1.0
        status, document = fetch_json(f"{url}/readyz")
        (told,) = document["roles"]
        assert (status, told["ready"]) == (503, False)
        assert told["why"].startswith("no progress for")
        assert told["since"] <= now().isoformat()
        assert fetch(f"{url}/healthz")[0] == 200


def test_a_role_that_was_told_to_stop_is_not_ready() -> None:
    """What balances load must send nothing more."""
    with idle() as role, health_port([role]) as url:
        role.request_stop()
        status, document = fetch_json(f"{url}/readyz")
        assert (status, document["roles"][0]["why"]) == (503, "it was told to stop")


def test_a_store_in_trouble_is_said_beside_the_roles() -> None:
    """No role is blamed for the database."""
    with health_port(store_trouble="silent") as url:
        assert fetch_json(f"{url}/readyz") == (
            503,
            {"ready": False, "roles": [], "store": "silent"},
        )


def test_figures_are_for_this_machine_and_for_a_caller_with_the_token() -> None:
    """A call that a proxy passed on is from elsewhere, whatever its line says."""
    passed_on = {"X-Forwarded-For": "192.0.2.1"}
    with health_port() as url:
        assert fetch(f"{url}/metrics")[0] == 200
        status, told = fetch(f"{url}/metrics", passed_on)
        assert status == 403
        assert "HUB_METRICS_TOKEN_FILE" in told
    with health_port(token="secret") as url:
        assert fetch(f"{url}/metrics", passed_on)[0] == 401
        assert fetch(f"{url}/metrics", passed_on | {"Authorization": "Bearer wrong"})[0] == 401
        assert fetch(f"{url}/metrics", passed_on | {"Authorization": "Bearer secret"})[0] == 200


def test_a_caller_that_says_nothing_keeps_no_other_from_the_port() -> None:
    """A line that only stands is one of sixteen; the next call is answered."""
    with health_port() as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))):
            assert fetch(f"{url}/healthz")[0] == 200


def test_a_caller_that_sends_a_byte_at_a_time_is_cut() -> None:
    """What comes in does not lengthen the time that a call has."""
    with health_port(answer_within=0.1) as url, ExitStack() as lines:
        host, port = url.removeprefix("http://").split(":")
        slow = [
            lines.enter_context(socket.create_connection((host, int(port))))
            for _ in range(MOST_AT_ONCE)
        ]
        for line in slow:
            line.settimeout(0.02)
            assert is_cut(line)
        assert fetch(f"{url}/healthz")[0] == 200


def is_cut(line: socket.socket) -> bool:
    """Tell whether the other side ends a line while it is sent a byte at a time."""
    for _ in range(250):
        try:
            line.send(b"x")
            if line.recv(1) == b"":
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def outcome(result: Receipt | PermanentFailure) -> CallOutcome:
    """Return the outcome of a call that took two seconds from the acceptance on."""
    message = record(1, 1)
    claimed = Claimed(1, message.id, "D", 1, 1, None, AT, b"{}")
    ended = AT.replace(second=2)
    return CallOutcome(claimed=claimed, message=message, result=result, finished_at=ended)


def test_calls_are_counted_by_partner_operation_outcome_and_known_code() -> None:
    """A code that the hub does not know is `other`: a partner makes no series of its own."""
    refused = [outcome(PermanentFailure(code)) for code in ("partner_refused", "never heard of")]
    count("counted", [outcome(Receipt()), *refused], kind="send")
    with health_port() as url:
        text = fetch(f"{url}/metrics")[1]
    of = {"partner": "counted", "operation": "province.dossier", "kind": "send"}
    ends = (("delivered", ""), ("permanent", "partner_refused"), ("permanent", "other"))
    for ended, code in ends:
        assert value(text, "hub_attempts_total", **of, outcome=ended, code=code) == 1
    bucket, took = "hub_critical_time_seconds_bucket", {"partner": "counted"}
    assert value(text, bucket, le="1", **took) == 0
    assert value(text, bucket, le="2.5", **took) == 1
    assert value(text, "hub_critical_time_seconds_sum", **took) == 2


def test_answers_of_a_web_role_are_counted_by_status() -> None:
    """By the role that gave them."""
    app = FastAPI()

    @app.get("/here")
    def here() -> dict[str, str]:
        return {}

    served = WebRole(app, name="counted", host="127.0.0.1", port=0)
    served.start()
    for path in ("here", "here", "away"):
        fetch(f"http://127.0.0.1:{served.port}/{path}")
    with health_port() as url:
        text = fetch(f"{url}/metrics")[1]
    served.stop()
    assert value(text, "hub_http_requests_total", role="counted", code="200") == 2
    assert value(text, "hub_http_requests_total", role="counted", code="404") == 1


def test_a_scrape_reads_no_store(sqlite_store: Store) -> None:
    """It shows the last sample with its time, also when the store is gone since."""
    with sqlite_store.write() as tx:
        emit(tx, [record(1, 1)], AT)
    sampling = Sampling(sqlite_store, ("provincial",), clock=now)
    sampling.collect()
    sqlite_store.close()
    with health_port(sample=sampling.last) as url:
        text = fetch(f"{url}/metrics")[1]
    assert value(text, "hub_store_up") == 1
    assert value(text, "hub_deliveries", partner="provincial", state="pending") == 1
    assert value(text, "hub_deliveries_accepted_total", partner="provincial") == 1
    assert value(text, "hub_balance_holds", partner="provincial") == 1
    age = value(text, "hub_oldest_delivery_age_seconds", partner="provincial", state="pending")
    assert age > 0
    assert abs(value(text, "hub_sample_timestamp_seconds") - time.time()) < 120


def test_a_store_that_went_is_told_beside_the_last_figures(sqlite_store: Store) -> None:
    """What was known stays, and `hub_store_up` says that it is not from now."""
    sampling = Sampling(sqlite_store, ("provincial",), clock=now)
    sampling.collect()
    sampling.store = Store("postgresql+psycopg://a:b@127.0.0.1:1/none")
    sampling.collect()
    sampling.store.close()
    with health_port(sample=sampling.last) as url:
        text = fetch(f"{url}/metrics")[1]
    assert value(text, "hub_store_up") == 0
    assert value(text, "hub_balance_holds", partner="provincial") == 1


def test_a_device_is_up_while_it_works_and_down_by_its_last_check(sqlite_store: Store) -> None:
    """A printer that nobody listens to as well; little toner is no standstill."""
    with sqlite_store.write() as tx:
        for device, code in (("jammed", "printer_jammed"), ("pale", "printer_toner_low")):
            found = [DeviceFinding(code)]
            states.keep(tx, device, kind="printer", place="", findings=found, now=now())
    sampling = Sampling(sqlite_store, ("provincial",), clock=now)
    sampling.collect()
    with health_port(sample=sampling.last) as url:
        text = fetch(f"{url}/metrics")[1]
    assert value(text, "hub_device_up", device="jammed") == 0
    assert value(text, "hub_device_up", device="pale") == 1


def test_a_hub_tells_of_each_of_its_roles(tmp_path: Path) -> None:
    """Those of the work, the shared commit, the heartbeat and the sampling."""
    settings = Settings(
        data_dir=str(tmp_path), http_port=0, health_port=loopback.free_port(), pin_cpu="off"
    )
    lay_store(tmp_path)
    hub = build(settings, sources=[])
    hub.start()
    try:
        url = f"http://127.0.0.1:{settings.health_port}"
        status, document = fetch_json(f"{url}/readyz")
        text = fetch(f"{url}/metrics")[1]
    finally:
        hub.stop()
    assert (status, document["ready"]) == (200, True)
    roles = {it["role"] for it in document["roles"]}
    assert roles >= {"gateway", "receive", "relay", "timer", "accept", "heartbeat", "sampling"}
    assert all(value(text, "hub_role_up", role=role) == 1 for role in roles)
    assert value(text, "hub_build_info", version=__version__) == 1


def test_prometheus_own_checker_finds_nothing_to_say(sqlite_store: Store) -> None:
    """Names, units and sentences follow its conventions, for all figures at once."""
    promtool = which("promtool")
    if promtool is None:
        raise MissingProgram("promtool", "prometheus")
    COMMIT_GROUPS.observe(3)
    count("counted", [outcome(Receipt())], kind="send")
    sampling = Sampling(sqlite_store, ("provincial",), clock=now)
    sampling.collect()
    with idle() as role, health_port([role], sample=sampling.last) as url:
        text = fetch(f"{url}/metrics")[1]
    found = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")

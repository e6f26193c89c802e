"""One trial: fill the work queue, let the contender work, check that nothing is lost or doubled."""

import json
import sqlite3
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pika

from hub.broker.admin.declare import QUORUM, apply
from tests.benchmarks.place import ROOT, Place
from tests.benchmarks.relay.assignment import Assignment
from tests.benchmarks.relay.contenders import Contender, Setting
from tests.benchmarks.running import Report, Stuck, running, watch
from tests.benchmarks.stamps import Pace, pace

PROGRAMS = ROOT / ".venv-bench" / "bin"
LOOK_EVERY = 0.05


def run_trial(
    place: Place, contender: Contender, setting: Setting, *, measured: int, report: Report
) -> Pace:
    """Measure once. Raises Stuck when the contender loses, doubles or stops."""
    folder = place.folder(contender.name)
    total = contender.warm_up + measured
    with _vhost(place, contender, folder.name) as url:
        here = Assignment(
            url=url,
            folder=folder,
            work_queue=contender.work_queue,
            output_queue=contender.output_queue,
            variant=setting.variant,
        )
        _declare(place, contender, url)
        _fill(contender, here, total)
        with _channel(url) as channel:
            _await_depth(channel, contender.work_queue, total)
        program, *arguments = setting.command
        command = [str(PROGRAMS / program), *arguments]
        environment = here.environment() | setting.environment
        with running(command, folder=folder, environment=environment) as process:
            watch(here.stamps, total, process=process, log=folder / "log", report=report)
            if contender.acknowledges_late:
                _await_acknowledged(place, urlsplit(url).path, contender.work_queue, total)
        with _channel(url) as channel:
            # The program has ended: what it had not acknowledged would be back in the queue.
            _await_depth(channel, contender.work_queue, 0)
            _await_depth(channel, contender.output_queue, total)
        with closing(sqlite3.connect(here.database)) as database:
            (stored,) = database.execute(contender.counted).fetchone()
        if stored != total:
            raise Stuck(f"{contender.name} stored {stored} of {total}", folder / "log")
    return pace(here.stamps, warm_up=contender.warm_up)


@contextmanager
def _vhost(place: Place, contender: Contender, name: str) -> Iterator[str]:
    if contender.own_vhost:
        with place.vhost(name) as url:
            yield url
        return
    url = place.rabbit.url
    try:
        yield url
    finally:
        with _channel(url) as channel:
            for queue in (contender.work_queue, contender.output_queue, *contender.also_declared):
                channel.queue_delete(queue)


def _fill(contender: Contender, here: Assignment, total: int) -> None:
    fill = "tests.benchmarks.relay.fill"
    command = [str(PROGRAMS / "python"), "-m", fill, contender.module, str(total)]
    subprocess.run(command, env=here.environment(), check=True, timeout=120)


@contextmanager
def _channel(url: str) -> Iterator[Any]:
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        yield connection.channel()


def _declare(place: Place, contender: Contender, url: str) -> None:
    if contender.topology is not None:
        apply(contender.topology, url, place.rabbit.management_url)
        return
    with _channel(url) as channel:
        for queue in (contender.work_queue, contender.output_queue, *contender.also_declared):
            channel.queue_declare(queue, durable=True, arguments=QUORUM)


def _await_acknowledged(place: Place, vhost: str, queue: str, wanted: int) -> None:
    """Return when the broker has counted so many acknowledgements; it counts every 5 s."""
    management = urlsplit(place.rabbit.management_url)
    login = f"{management.username}:{management.password}".encode()
    headers = {"Authorization": f"Basic {b64encode(login).decode()}"}
    deadline = time.monotonic() + 60
    while True:
        with closing(HTTPConnection(f"{management.hostname}:{management.port}")) as connection:
            connection.request("GET", f"/api/queues{vhost}/{queue}", headers=headers)
            counts = json.loads(connection.getresponse().read())
        acknowledged = counts.get("message_stats", {}).get("ack", 0)
        if acknowledged >= wanted:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{queue}: {acknowledged} of {wanted} messages are acknowledged")
        time.sleep(LOOK_EVERY)


def _await_depth(channel: Any, queue: str, wanted: int) -> None:
    """Return when the queue holds so many; a quorum queue's own count lags a little."""
    deadline = time.monotonic() + 15
    while True:
        depth = channel.queue_declare(queue, passive=True).method.message_count
        if depth == wanted:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{queue} holds {depth} messages instead of {wanted}")
        time.sleep(LOOK_EVERY)

"""The disasters, one function each: it happens, it is over when the function returns.

Each takes the injector, which has the stage, the seeded draws and the notebook, and tells whether
it really happened. Whatever ends, stops or fills something puts it right in its `finally`.
"""

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.chaos.faults.struck import ROLE_OF
from tests.chaos.stage import HOUR, LEASE, ROLES, full_files

if TYPE_CHECKING:
    from tests.chaos.faults.injector import Injector

STRIKE_WITHIN = 5.0
PASSED_WITHIN = 15.0
"""Seconds in which a role comes to a step of its own, while it runs and dossiers are handed in."""
NOTICED_WITHIN = 60.0
NEIGHBOURS = ("broker", "database", "province", "town", "everybody")


def kill_role(it: "Injector") -> bool:
    """SIGKILL of a role, wherever it is."""
    name = it.draw.choice(ROLES)
    role = it.stage.roles[name]
    killed = role.deaths[-signal.SIGKILL]
    # It may be between two: one that starts without a broker ends again by itself.
    running = role.wait_running(STRIKE_WITHIN)
    done = running and role.kill() and role.wait_killed(killed + 1, STRIKE_WITHIN)
    it.counts[f"killed.{name}"] += int(done)
    return done


def kill_at_failpoint(it: "Injector") -> bool:
    """SIGKILL at a named step; every step has its turn before one has its second."""
    point = it.next_point()
    role = it.stage.roles[ROLE_OF[point]]
    killed = role.deaths[-signal.SIGKILL]
    it.watching.set()  # dossiers have to be handed in, or nothing comes there
    role.strike_at(f"{point}=kill@{it.draw.randint(1, 3)}")
    try:
        done = role.wait_killed(killed + 1, PASSED_WITHIN)
    finally:
        role.strike_at("")
        it.watching.clear()
    if done:
        it.counts[f"failpoint.{point}"] += 1
    else:
        it.try_again(point)
    return done


def pause_role(it: "Injector") -> bool:
    """A role stands still for a moment, with its connections and locks."""
    return _stand_still(it, it.draw.choice(ROLES), it.draw.uniform(0.5, 3))


def pause_role_beyond_its_lease(it: "Injector") -> bool:
    """Who sends or asks stands still until others may have taken over what it had in hand."""
    return _stand_still(it, it.draw.choice(("deliver", "deliver", "reconcile")), LEASE + 3)


def _stand_still(it: "Injector", name: str, seconds: float) -> bool:
    role = it.stage.roles[name]
    done = role.freeze()
    try:
        it.stop.wait(seconds)
    finally:
        role.thaw()
    return done


def pause_partner(it: "Injector") -> bool:
    """A partner stands still, then answers whatever was said to it meanwhile."""
    name = it.draw.choice(("province", "town"))
    it.stage.signal_partner(name, signal.SIGSTOP)
    try:
        it.stop.wait(it.draw.choice((1.5, 3.0, 6.0)))
    finally:
        it.stage.signal_partner(name, signal.SIGCONT)
    return True


def kill_leader(it: "Injector") -> bool:
    """SIGKILL of the node that leads most queues; it comes back after the others have gone on."""
    ((name, _),) = it.stage.cluster.leaders().most_common(1)
    node = it.stage.cluster.nodes[name]
    since = it.now()
    node.kill()
    it.counts["broker_node_killed"] += 1
    try:
        it.watch("broker_leader_killed", since=since)
    finally:
        it.stage.cluster.start()
    return True


def kill_broker(it: "Injector") -> bool:
    """SIGKILL of every node of the broker; all come back."""
    since = it.now()
    it.stage.cluster.kill()
    it.counts["broker_node_killed"] += len(it.stage.cluster.nodes)
    it.stop.wait(it.draw.uniform(0, 1))
    it.stage.cluster.start()
    it.watch("broker_restart", since=since)
    return True


def kill_database(it: "Injector") -> bool:
    """SIGKILL of PostgreSQL, restart."""
    since = it.now()
    it.stage.postgres.kill()
    it.counts["database_killed"] += 1
    it.stop.wait(it.draw.uniform(0, 1))
    it.stage.postgres.start()
    it.watch("database_restart", since=since)
    return True


def cut_lines(it: "Injector") -> bool:
    """Every line to one neighbour breaks, half of the times with RST."""
    name = it.draw.choice(list(it.stage.lines))
    line = it.stage.lines[name]
    it.draw.choice((line.cut, line.reset))()
    it.counts[f"cut.{name}"] += 1
    return True


def cut_network(it: "Injector") -> bool:
    """Nothing gets through for a while; all of the broker's nodes are one neighbour."""
    name = it.draw.choice(NEIGHBOURS)
    since = it.now()
    with contextlib.ExitStack() as stack:
        for line in it.stage.lines_to(name):
            stack.enter_context(line.blocked())
        it.stop.wait(it.draw.uniform(1, 4))
    it.counts[f"network.{name}"] += 1
    it.watch("network_back", since=since)
    return True


def half_open(it: "Injector") -> bool:
    """Lines go dead without a word; measured until the last one that waits has noticed."""
    name = it.draw.choice(NEIGHBOURS)
    lines = it.stage.lines_to(name)
    seen = {line: len(line.noticed) for line in lines}
    for line in lines:
        line.go_dead()
    it.counts[f"half_open.{name}"] += 1
    end = time.monotonic() + NOTICED_WITHIN
    # Measured to its end also when the run is over meanwhile.
    pause = threading.Event()
    pause.wait(1)  # until somebody has said something
    while any(line.kept_waiting for line in lines) and time.monotonic() < end:
        pause.wait(0.05)
    for whose, line in it.stage.lines.items():
        for seconds in line.noticed[seen.get(line, len(line.noticed)) :]:
            it.record(f"half_open_noticed.{whose.partition('.')[0]}", seconds)
        if line.kept_waiting:
            it.record(f"half_open_noticed.{whose.partition('.')[0]}", NOTICED_WITHIN)
    return True


def fill_disk(it: "Injector") -> bool:
    """No room for files, or for the database, and then room again."""
    stage, since = it.stage, it.now()
    which = it.draw.choice(("files", "database"))
    on_files = which == "files" or not stage.database_disk.mounted
    with full_files(stage) if on_files else stage.database_disk.full():
        it.stop.wait(it.draw.uniform(1, 3))
    stage.postgres.start()  # without room for its log it ends itself
    it.counts["disk_full.files" if on_files else "disk_full.database"] += 1
    it.watch("disk_has_room", since=since)
    return True


def set_clock(it: "Injector") -> bool:
    """The hub's clock jumps an hour ahead, or back, and later to where it was."""
    ahead = it.draw.choice(("ahead", "ahead", "back")) == "ahead"
    it.stage.clock.write_text(str(HOUR if ahead else -HOUR), encoding="ascii")
    try:
        it.stop.wait(it.draw.uniform(1, 4))
    finally:
        it.stage.clock.write_text("0", encoding="ascii")
    since = it.now()
    it.counts["clock.ahead" if ahead else "clock.back"] += 1
    it.watch("clock_is_right", since=since)
    return True


DISASTERS: dict[str, Callable[["Injector"], bool]] = {
    "role_killed": kill_role,
    "killed_at_a_failpoint": kill_at_failpoint,
    "role_stood_still": pause_role,
    "role_stood_still_beyond_its_lease": pause_role_beyond_its_lease,
    "partner_stood_still": pause_partner,
    "broker_leader_killed": kill_leader,
    "broker_killed_and_restarted": kill_broker,
    "database_killed_and_restarted": kill_database,
    "lines_cut": cut_lines,
    "network_cut": cut_network,
    "lines_half_open": half_open,
    "disk_full": fill_disk,
    "clock_jumped": set_clock,
}
WEIGHTS = {
    "role_killed": 30,
    "killed_at_a_failpoint": 25,
    "role_stood_still": 4,
    "role_stood_still_beyond_its_lease": 1,
    "partner_stood_still": 2,
    "broker_leader_killed": 3,
    "broker_killed_and_restarted": 1,
    "database_killed_and_restarted": 3,
    "lines_cut": 4,
    "network_cut": 2,
    "lines_half_open": 2,
    "disk_full": 2,
    "clock_jumped": 2,
}

"""Who takes part, with which programs, and in which settings each may show its best."""

from dataclasses import dataclass, field

from hub.broker.topology import TOPOLOGY, Topology
from hub.messages.queues import INGEST, deliver_queue

SIDES = "tests.benchmarks.relay.sides"
WORK, OUTPUT = "bench.work", "bench.output"


@dataclass(frozen=True, slots=True)
class Setting:
    """One way to run a contender."""

    label: str
    command: tuple[str, ...]
    """A program of .venv-bench/bin and its arguments."""
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way to do the work."""

    name: str
    module: str
    messages: int
    """Measured in a round, so that it takes some 5 to 10 seconds."""
    warm_up: int
    tried_with: int = 1_500
    """Messages for trying out a setting."""
    settings: tuple[Setting, ...]
    work_queue: str = WORK
    output_queue: str = OUTPUT
    also_declared: tuple[str, ...] = ()
    """Queues that the program expects besides, and would not make as quorum queues."""
    own_vhost: bool = True
    """Whether its client can name a virtual host."""
    acknowledges_late: bool = False
    """Whether its acknowledgements are far behind its work, so that a stop must wait for them."""
    topology: Topology | None = None
    """The hub's own; the others get plain queues."""
    counted: str = "SELECT count(*) FROM message"
    """How many messages its database holds."""


def _celery(label: str, *options: str, side: str = "celery_side", variant: str = "") -> Setting:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR")
    command = ("celery", "-A", f"{SIDES}.{side}:app", "worker", *quiet, *options)
    return Setting(label, command, variant)


def _celery_batches(label: str, *options: str, variant: str) -> Setting:
    label = f"batches of 500, {label}, confirms {variant}"
    return _celery(label, *options, side="celery_batches_side", variant=variant)


def _taskiq(workers: int, variant: str) -> Setting:
    command = (
        *("taskiq", "worker", f"{SIDES}.taskiq_side:broker", "--workers", str(workers)),
        *("--ack-type", "when_executed", "--max-async-tasks", "200", "--no-parse"),
        *("--log-level", "ERROR", "--shutdown-timeout", "10"),
    )
    return Setting(f"{workers} workers, SQLite {variant}", command, variant)


def _repid(workers: int, variant: str) -> Setting:
    command = ("python", "-m", f"{SIDES}.repid_side")
    return Setting(f"{workers} workers, SQLite {variant}", command, f"{variant} {workers}")


def _dramatiq(processes: int, threads: int) -> Setting:
    sizes = ("--processes", str(processes), "--threads", str(threads))
    return Setting(
        f"{processes} processes, {threads} threads",
        # The output queue is for others to read.
        ("dramatiq", f"{SIDES}.dramatiq_side", *sizes, "--queues", WORK),
        environment={"dramatiq_queue_prefetch": "200"},
    )


def _faststream(workers: int, variant: str) -> Setting:
    command = ("faststream", "run", f"{SIDES}.faststream_side:app", "--workers", str(workers))
    return Setting(f"{workers} workers, SQLite {variant}", command, variant)


HUB = Contender(
    name="hub",
    module=f"{SIDES}.hub_side",
    messages=40_000,
    warm_up=2_000,
    work_queue=INGEST,
    output_queue=deliver_queue("provincial"),
    topology=TOPOLOGY,
    counted="SELECT count(*) FROM deliveries JOIN journal ON journal.id = message_id",
    settings=(Setting("one process", ("python", "-m", f"{SIDES}.hub_side")),),
)
CELERY = Contender(
    name="celery",
    module=f"{SIDES}.celery_side",
    messages=4_000,
    warm_up=300,
    settings=(
        _celery("prefork, 2 processes", "--pool=prefork", "--concurrency=2"),
        _celery("threads, 8", "--pool=threads", "--concurrency=8"),
        _celery("solo", "--pool=solo"),
    ),
)
CELERY_BATCHES = Contender(
    name="celery-batches",
    module=f"{SIDES}.celery_batches_side",
    messages=10_000,
    warm_up=1_000,
    acknowledges_late=True,
    tried_with=5_000,
    settings=(
        _celery_batches("solo", "--pool=solo", variant="each"),
        _celery_batches("solo", "--pool=solo", variant="together"),
        _celery_batches("1 thread", "--pool=threads", "--concurrency=1", variant="together"),
        _celery_batches("1 process", "--pool=prefork", "--concurrency=1", variant="together"),
        _celery_batches("2 processes", "--pool=prefork", "--concurrency=2", variant="together"),
    ),
)
DRAMATIQ = Contender(
    name="dramatiq",
    module=f"{SIDES}.dramatiq_side",
    messages=6_000,
    warm_up=300,
    also_declared=(f"{WORK}.DQ",),
    settings=(_dramatiq(2, 8), _dramatiq(2, 2), _dramatiq(1, 8), _dramatiq(1, 2)),
)
FASTSTREAM = Contender(
    name="faststream",
    module=f"{SIDES}.faststream_side",
    messages=6_000,
    warm_up=300,
    settings=(
        _faststream(1, "inline"),
        _faststream(1, "threads"),
        _faststream(2, "inline"),
        _faststream(2, "threads"),
    ),
)
TASKIQ = Contender(
    name="taskiq",
    module=f"{SIDES}.taskiq_side",
    messages=6_000,
    warm_up=300,
    settings=(
        _taskiq(1, "inline"),
        _taskiq(1, "threads"),
        _taskiq(2, "inline"),
        _taskiq(2, "threads"),
    ),
)
REPID = Contender(
    name="repid",
    module=f"{SIDES}.repid_side",
    messages=6_000,
    warm_up=300,
    own_vhost=False,
    acknowledges_late=True,
    settings=(
        _repid(1, "inline"),
        _repid(1, "threads"),
        _repid(2, "inline"),
        _repid(2, "threads"),
    ),
)
LIMIT = Contender(
    name="limit",
    module=f"{SIDES}.limit_side",
    messages=40_000,
    warm_up=2_000,
    settings=(Setting("bare pika, batches", ("python", "-m", f"{SIDES}.limit_side")),),
)
PEERS = (CELERY, CELERY_BATCHES, DRAMATIQ, FASTSTREAM, TASKIQ, REPID)

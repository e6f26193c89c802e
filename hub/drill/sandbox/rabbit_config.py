"""The files and the environment of a private RabbitMQ node: text in, text out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.drill.sandbox.loopback import HOST


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitLayout:
    """Everything that one node owns."""

    directory: Path
    name: str
    """The node's name without the host, e.g. `hub`."""
    amqp_port: int
    management_port: int
    distribution_port: int
    memory_megabytes: int

    @property
    def node(self) -> str:
        """The full name. `localhost`, so that no resolver and no host name has a say in it."""
        return f"{self.name}@localhost"

    @property
    def config(self) -> Path:
        """Where its configuration files are."""
        return self.directory / "etc"

    @property
    def data(self) -> Path:
        """Where its messages and definitions are."""
        return self.directory / "data"

    @property
    def log(self) -> Path:
        """Where its logs are."""
        return self.directory / "log"

    @property
    def home(self) -> Path:
        """Its HOME, where Erlang looks for the cookie."""
        return self.directory / "home"


def configuration(
    layout: RabbitLayout, *, user: str, password: str, peers: Sequence[str] = ()
) -> str:
    """Return rabbitmq.conf."""
    lines = [
        f"listeners.tcp.default = {HOST}:{layout.amqp_port}",
        f"management.tcp.ip = {HOST}",
        f"management.tcp.port = {layout.management_port}",
        # Taken into the database when it is made; the user guest then does not exist.
        f"default_user = {user}",
        f"default_pass = {password}",
        "default_user_tags.administrator = true",
        # Less than a node takes by default (40 % of the machine): it shares the machine with
        # everything that is being tried out.
        f"vm_memory_high_watermark.absolute = {layout.memory_megabytes}MB",
        "disk_free_limit.absolute = 50MB",
        # Quorum queues write one log for all of them; its default of 512 MB is held in memory too.
        f"raft.wal_max_size_bytes = {32 * 1024 * 1024}",
        "log.console = false",
        "log.file = rabbit.log",
        "log.file.level = info",
    ]
    lines += [
        f"cluster_formation.classic_config.nodes.{number} = {peer}"
        for number, peer in enumerate(peers, start=1)
    ]
    return "\n".join([*lines, ""])


def environment(
    layout: RabbitLayout,
    *,
    path: str,
    epmd: Mapping[str, str],
    limits: Mapping[str, int] | None = None,
) -> dict[str, str]:
    """Return the node's whole environment. `limits` are settings of the application `rabbit`, also
    those that rabbitmq.conf has no name for. Nothing is inherited: RABBITMQ_* or ERL_* that happen
    to be set here must not decide where a private node writes.
    """
    limited = [f"-rabbit {name} {value}" for name, value in (limits or {}).items()]
    return {
        **epmd,
        "PATH": path,
        "HOME": str(layout.home),
        "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": layout.node,
        "RABBITMQ_DIST_PORT": str(layout.distribution_port),
        **_places(layout),
        # Makes the start script become the Erlang machine instead of waiting for it as a parent.
        "RUNNING_UNDER_SYSTEMD": "true",
        # Its table of processes is allocated in full, for a million of them by default.
        "RABBITMQ_MAX_NUMBER_OF_PROCESSES": "131072",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": " ".join([*ERLANG_ARGUMENTS, *limited]),
    }


def _places(layout: RabbitLayout) -> dict[str, str]:
    config, data = layout.config, layout.data
    return {
        # Named even though they do not exist: otherwise the files in /etc/rabbitmq are read.
        "RABBITMQ_CONF_ENV_FILE": str(config / "rabbitmq-env.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(config / "advanced.config"),
        "RABBITMQ_CONFIG_FILES": str(config / "conf.d"),
        "RABBITMQ_CONFIG_FILE": str(config / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(config / "enabled_plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(config / "generated"),
        "RABBITMQ_SCHEMA_DIR": str(config / "schema"),
        "RABBITMQ_MNESIA_BASE": str(data),
        "RABBITMQ_MNESIA_DIR": str(data / layout.name),
        "RABBITMQ_QUORUM_DIR": str(data / f"{layout.name}-quorum"),
        "RABBITMQ_PLUGINS_EXPAND_DIR": str(data / f"{layout.name}-plugins"),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(data / f"{layout.name}-feature-flags"),
        "RABBITMQ_PID_FILE": str(data / f"{layout.name}.pid"),
        "RABBITMQ_LOG_BASE": str(layout.log),
    }


# Word by word: the start script splits them at blanks and knows no quotes.
ERLANG_ARGUMENTS = (
    # Two schedulers, whatever the machine has.
    *("+S", "2:2"),
    *("+SDcpu", "2:2"),
    *("+SDio", "4"),
    # Threads that look for more work for a moment before they sleep. RabbitMQ's default is not to;
    # on a virtual machine, where waking a thread is dear, that more than doubles the time to start
    # (5.7 s against 2.3 s on two cores). Idle it costs nothing: 0.6 % of a core both ways.
    *("+sbwt", "very_short"),
    *("+sbwtdio", "very_short"),
    # Bound to cores, two nodes would queue for the same one while another is free.
    *("+stbt", "u"),
    # The port between nodes listens on every address by default.
    *("-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
    # On the way out the management agent waits five seconds for nobody. Whatever has not ended
    # after one is cut off; quorum queues are safe against more than that.
    *("-kernel", "shutdown_timeout", "1000"),
    # The port mapper is ours, see erlang.py.
    *("-start_epmd", "false"),
)

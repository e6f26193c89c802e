"""A private PostgreSQL server.

Promises: loopback only, a password and a port of its own, fsync on, the data survive `kill` and
`restart` in the same directory, and it ends when this process ends. PostgreSQL refuses to run as
root: started by root it runs as the user postgres, or nobody.
"""

import contextlib
import hashlib
import os
import pwd
import secrets
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from hub.drill.sandbox import loopback, programs
from hub.drill.sandbox.files import write_private
from hub.drill.sandbox.private_node import PrivateNode
from hub.drill.sandbox.supervised import (
    Account,
    Launch,
    NodeFailed,
    NotifySocket,
    SupervisedProcess,
)

_USER = "hub"
_SETTINGS = {
    "listen_addresses": loopback.HOST,
    # No socket file: the only way in is the loopback address, with the password.
    "unix_socket_directories": "",
    "fsync": "on",
    "max_connections": "80",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PrivatePostgres(PrivateNode):
    """One server in one directory. Safe to use from several threads; a context manager too."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int = 0,
        settings: Mapping[str, str] | None = None,
        start_timeout: timedelta = timedelta(seconds=60),
    ) -> None:
        """`settings`: those of the server that are to be otherwise than usual here."""
        super().__init__()
        self.directory = directory.absolute()
        self._settings = {**_SETTINGS, **(settings or {})}
        self.port = port or loopback.free_port()
        self._start_timeout = start_timeout
        self._account = _account()

    # --- its life ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Return when it answers; do nothing if it runs.

        Raises MissingProgram, DirectoryInUse and NodeFailed.
        """
        with self._lock:
            if self.running:
                return
            self.kill()
            program = programs.postgresql("postgres")
            self.directory.mkdir(parents=True, exist_ok=True)
            data = self._prepare_data()
            settings = {**self._settings, "port": str(self.port)}
            launch = Launch(
                command=[
                    *(str(program), "-D", str(data)),
                    *(
                        word
                        for name, value in settings.items()
                        for word in ("-c", f"{name}={value}")
                    ),
                ],
                environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                log=self.directory / "postgres.log",
                # "Fast" shutdown: connections are ended, not waited for.
                stop_signal=signal.SIGINT,
                account=self._account,
            )
            with NotifySocket() as notify:
                process = SupervisedProcess.start(
                    launch, lock=self.directory / "node.lock", notify=notify
                )
                process.wait_ready(notify, self._start_timeout)
            self._process = process
            self.create_database(_USER)

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut would; do nothing if it does not run.

        Returns when its children have gone too. They go by themselves as soon as they see that
        their parent has; until then their shared memory would stop a new start.
        """
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            children = _open_children(process.pid)
            process.kill()
            _wait_gone(children, timedelta(seconds=10))

    # --- how to reach it --------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The database `hub`, as SQLAlchemy wants it."""
        return self.url_of(_USER)

    def url_of(self, database: str) -> str:
        """Return the address of a database, for SQLAlchemy with psycopg."""
        return f"postgresql+psycopg://{_USER}:{self._password()}@{loopback.HOST}:{self.port}/{database}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database if it is not there, empty or a copy of one that nobody is connected to.

        Return its address.
        """
        # A copy of the files takes half of the work of a copy through the log.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template)
        )
        with contextlib.suppress(psycopg.errors.DuplicateDatabase), self._connect() as connection:
            connection.execute(statement)
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending the connections to it."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=loopback.HOST,
            port=self.port,
            user=_USER,
            password=self._password(),
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )

    # --- its files --------------------------------------------------------------------------------

    def discard(self) -> None:
        """End it and remove its data, which may lie outside its directory (see _data_directory)."""
        with self._lock:
            self.kill()
            shutil.rmtree(self._data_directory().parent, ignore_errors=True)
            shutil.rmtree(self.directory, ignore_errors=True)

    def _data_directory(self) -> Path:
        """Return where the data are: under the directory, if the server's account can get there.

        Trap: run by root, the server is somebody else, and a directory above may be closed to
        others (a home directory, pytest's temporary one). Then they are under /var/tmp, at a place
        that belongs to this directory alone.
        """
        if self._account is None or _open_to_all(self.directory):
            return self.directory / "data"
        key = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]
        return Path("/var/tmp", f"one-stop-hub-postgres-{key}", "data")  # noqa: S108

    def _prepare_data(self) -> Path:
        data = self._data_directory()
        if (data / "PG_VERSION").exists():
            return data
        initdb = programs.postgresql("initdb")
        parent = data.parent
        if parent != self.directory:
            # A directory that somebody else has put there is not ours to use.
            shutil.rmtree(parent, ignore_errors=True)
            parent.mkdir(mode=0o711)
        # Made aside and renamed, so that an interrupted start leaves no half of a database.
        fresh = parent / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._initialise(initdb, fresh)
        fresh.rename(data)
        return data

    def _initialise(self, initdb: Path, fresh: Path) -> None:
        """Make a database in the folder; raises NodeFailed with what initdb says."""
        # A file, not a pipe: initdb opens it by name, and may not as another user.
        password = fresh.parent / "password.new"
        write_private(password, self._password())
        account = self._account
        if account is not None:
            os.chown(fresh, account.uid, account.gid)
            os.chown(password, account.uid, account.gid)
        made = subprocess.run(
            [
                *(str(initdb), "-D", str(fresh), "-U", _USER),
                *("--auth=scram-sha-256", f"--pwfile={password}"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        password.unlink()
        if made.returncode != 0:
            raise NodeFailed(f"initdb failed:\n{made.stderr.decode(errors='replace').strip()}")

    def _password(self) -> str:
        # Kept beside the data, because the data know it.
        path = self.directory / "password"
        with self._lock:
            if not path.exists():
                self.directory.mkdir(parents=True, exist_ok=True)
                write_private(path, secrets.token_hex(16))
            return path.read_text(encoding="ascii")


def _account() -> Account | None:
    """Return whom to run as, or None: as we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise NodeFailed("PostgreSQL does not run as root, and there is no user postgres or nobody")


def _open_to_all(directory: Path) -> bool:
    places = [directory, *directory.parents]
    return all(place.stat().st_mode & 0o001 for place in places if place.exists())


def _open_children(pid: int) -> list[int]:
    """Return descriptors that become readable when the process's children end."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    descriptors = []
    for child in text.split():
        with contextlib.suppress(OSError, AttributeError):
            descriptors.append(os.pidfd_open(int(child)))
    return descriptors


def _wait_gone(descriptors: list[int], timeout: timedelta) -> None:
    deadline = time.monotonic() + timeout.total_seconds()
    for descriptor in descriptors:
        select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        os.close(descriptor)

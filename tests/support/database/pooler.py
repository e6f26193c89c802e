"""A real PgBouncer in front of a database, for the length of a block."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from hub.drill.sandbox import loopback, programs
from hub.drill.sandbox.files import write_private


@contextmanager
def pooler(directory: Path, url: str, *, mode: str, ignores: str = "options") -> Iterator[str]:
    """Start PgBouncer before the database at `url`; yields the address through it."""
    program = programs.pgbouncer()
    to, port = make_url(url), loopback.free_port()
    config = directory / "pgbouncer.ini"
    place = f"host={to.host} port={to.port} dbname={to.database}"
    write_private(
        config,
        f"[databases]\n{to.database} = {place} user={to.username} password={to.password}\n"
        f"[pgbouncer]\nlisten_addr = {loopback.HOST}\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = {mode}\nmax_client_conn = 50\ndefault_pool_size = 10\n"
        f"ignore_startup_parameters = {ignores}\n",
    )
    account = ["-u", "nobody"] if os.getuid() == 0 else []
    server = subprocess.Popen(
        [str(program), "-q", *account, str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(server, port)
        yield to.set(port=port).render_as_string(hide_password=False)
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(server: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), socket.create_connection((loopback.HOST, port), timeout=1):
            return
        time.sleep(0.05)  # it gives no signal
    raise AssertionError(f"PgBouncer did not start (exit code {server.poll()})")

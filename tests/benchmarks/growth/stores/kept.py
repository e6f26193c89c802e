"""The stores that are measured: small and large, on SQLite and PostgreSQL, kept for the next run.

They lie in var/growth, under a name that changes with what builds them; what is there is not built
again, only migrated. A store whose building was interrupted has no mark and is made anew. The small
ones are made anew each time. The large ones stay as a run left them: with its new dossiers, and
without the oldest that it archived.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from hub.drill.sandbox.postgres_node import PrivatePostgres
from hub.store.engine.store import Store, Tx
from hub.store.schema.migrate import migrate
from hub.store.schema.tables.exchange import deliveries, lanes
from tests.benchmarks.growth.stores.aged import age
from tests.benchmarks.growth.stores.multiply import Report, all_tables, multiply
from tests.benchmarks.growth.stores.rules import HANDOVERS, MULTIPLIED
from tests.benchmarks.place import ROOT

BASE = ROOT / "var" / "growth"
SMALL, LARGE = "small", "large"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
MEASURED = "measured"
"""Database of the small store that is worked on: a copy, made anew each time."""
ENGINES = (SQLITE, POSTGRESQL)
SEED_DOSSIERS = 1_240
"""Makes a little more than 10,000 deliveries."""
BYTES_A_DELIVERY = {SQLITE: 3_900, POSTGRESQL: 5_200}
"""Measured, with room for indexes while they are made."""
BUILDERS = ("aged", "chosen", "expressions", "multiply", "chained")
WHILE_BUILDING: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_wal_size": "2GB",
    "shared_buffers": "1GB",
}
WHILE_MEASURED: Mapping[str, str] = {"shared_buffers": "512MB", "max_wal_size": "1GB"}


class NoRoom(RuntimeError):
    """There is too little disk for what has to be built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One store that is there."""

    engine: str
    size: str
    data_dir: Path
    database_url: str
    """Empty: SQLite in the data directory."""

    def open(self) -> Store:
        """Open it, as it is."""
        return Store(self.database_url or f"sqlite:///{self.data_dir / 'hub.db'}")

    def environment(self) -> dict[str, str]:
        """Return the environment of a command of the hub in this store."""
        made = {"HUB_DATA_DIR": str(self.data_dir), "PATH": os.defpath, "LANG": "C.UTF-8"}
        made["HUB_OPERATOR"] = "Lê Văn Thử"
        # Nothing is erased: the oldest dossiers of a large store may have come of age for that.
        made["HUB_PERSONAL_DAYS"] = "36500"
        if self.database_url:
            made["HUB_DATABASE_URL"] = self.database_url
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """All of them."""

    grown: tuple[Grown, ...]
    built: Mapping[str, float]
    """Seconds that it took to build what was not there."""


@contextmanager
def stores(
    count: int, *, report: Report, engines: Iterable[str] = ENGINES, compared: bool = True
) -> Iterator[Stores]:
    """Give the stores, the large ones with at least so many deliveries; builds what is missing.

    `compared`: with the small ones, and all proved to be whole. Raises NoRoom.
    """
    home = BASE / f"{count}-{_fingerprint()}"
    seed = _seed(report)
    built = _build_missing(home, seed, count, engines, report)
    with _databases(home, seed, engines, compared=compared) as places:
        grown = tuple(
            Grown(engine=engine, size=size, data_dir=home / f"{engine}-{size}", database_url=url)
            for (engine, size), url in places.items()
        )
        for each in grown:
            with closing(each.open()) as store:
                migrate(store)
            checked = home / f"{each.engine}-{each.size}.checked"
            if compared and (each.size == SMALL or not checked.exists()):
                _check(each, report)
                checked.touch()
        yield Stores(grown=grown, built=built)


def _build_missing(
    home: Path, seed: Path, count: int, engines: Iterable[str], report: Report
) -> dict[str, float]:
    """Build the large stores that are not there; return the seconds that each took."""
    missing = [it for it in engines if not (home / f"{it}.built").exists()]
    _must_have_room(count, missing)
    started = time.monotonic()
    built: dict[str, float] = {}
    threads = [
        threading.Thread(target=_build, args=(engine, home, seed, count, report, built))
        for engine in missing
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(built) < len(missing):
        raise RuntimeError(f"not built: {', '.join(set(missing) - set(built))}; see above")
    if built:
        built["together"] = time.monotonic() - started
    return built


@contextmanager
def _databases(
    home: Path, seed: Path, engines: Iterable[str], *, compared: bool
) -> Iterator[dict[tuple[str, str], str]]:
    """Give the address of each database by engine and size, "" for SQLite."""
    places: dict[tuple[str, str], str] = {}
    with ExitStack() as stack:
        if SQLITE in engines:
            if compared:
                _copy_database(seed, _data_dir(home, f"{SQLITE}-{SMALL}", seed) / "hub.db")
                places[SQLITE, SMALL] = ""
            places[SQLITE, LARGE] = ""
        if POSTGRESQL in engines:
            node = stack.enter_context(PrivatePostgres(home / POSTGRESQL, settings=WHILE_MEASURED))
            if compared:
                _data_dir(home, f"{POSTGRESQL}-{SMALL}", seed)
                node.drop_database(MEASURED)
                places[POSTGRESQL, SMALL] = node.create_database(MEASURED, template=SMALL)
            places[POSTGRESQL, LARGE] = node.url_of(LARGE)
        yield places


def _check(each: Grown, report: Report) -> None:
    """Have the hub itself prove that the store is whole. Raises RuntimeError."""
    checks = (["verify", "--full"], ["audit", "verify"])
    for done, command in enumerate(checks):
        report(f"{each.engine} {each.size}: hub {' '.join(command)}", done, len(checks))
        ended = subprocess.run(
            [sys.executable, "-m", "hub", *command],
            env=each.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=1_200,
            check=False,
            cwd=ROOT,
        )
        if ended.returncode:
            said = ended.stdout.decode(errors="replace")[-2_000:]
            raise RuntimeError(f"hub {' '.join(command)} ended with {ended.returncode}:\n{said}")


def _fingerprint() -> str:
    here = Path(__file__).parent
    texts = b"".join((here / f"{name}.py").read_bytes() for name in BUILDERS)
    rules = repr((MULTIPLIED, HANDOVERS)).encode()
    return hashlib.sha256(texts + rules).hexdigest()[:12]


def _must_have_room(count: int, missing: list[str]) -> None:
    BASE.mkdir(parents=True, exist_ok=True)
    wanted = sum(BYTES_A_DELIVERY[engine] for engine in missing) * count
    free = shutil.disk_usage(BASE).free
    if wanted > free:
        raise NoRoom(
            f"{' and '.join(missing)} with {count:,} deliveries need {wanted / 1e9:.1f} GB in "
            f"{BASE}, {free / 1e9:.1f} GB are free: take fewer with --size N, or remove "
            f"older stores there"
        )


def _seed(report: Report) -> Path:
    """Return the data directory of a hub that played the pilot long ago, faults and all."""
    place = BASE / f"seed-{SEED_DOSSIERS}"
    done = place / "aged.done"
    if not done.exists():
        report("seed: a demo run", 0, 1)
        shutil.rmtree(place, ignore_errors=True)
        BASE.mkdir(parents=True, exist_ok=True)
        hub = [sys.executable, "-m", "hub", "demo", "--broker", "memory"]
        hub += ["--dossiers", str(SEED_DOSSIERS), "--directory", str(place)]
        log = BASE / "seed.log"
        with log.open("wb") as output:
            subprocess.run(hub, check=True, timeout=1_200, stdout=output, stderr=output, cwd=ROOT)
        age(f"sqlite:///{place / 'hub' / 'hub.db'}")
        done.touch()
    with closing(Store(f"sqlite:///{place / 'hub' / 'hub.db'}")) as store:
        migrate(store)
    return place / "hub"


def _build(
    engine: str, home: Path, seed: Path, count: int, report: Report, built: dict[str, float]
) -> None:
    started = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        report(f"{engine}: {what}", done, total)

    if engine == SQLITE:
        _build_sqlite(home, seed, count, tell)
    else:
        _build_postgresql(home, seed, count, tell)
    built[engine] = time.monotonic() - started
    facts = {"seconds": round(built[engine], 1), "deliveries": count}
    (home / f"{engine}.built").write_text(json.dumps(facts) + "\n", encoding="ascii")


def _data_dir(home: Path, name: str, seed: Path) -> Path:
    place = home / name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(seed, place, ignore=shutil.ignore_patterns("hub.db*"))
    place.chmod(0o700)
    return place


def _copy_database(seed: Path, to: Path) -> None:
    with closing(Store(f"sqlite:///{seed / 'hub.db'}")) as store, store.engine.connect() as line:
        line.exec_driver_sql(f"VACUUM INTO '{to}'")


def _build_sqlite(home: Path, seed: Path, count: int, report: Report) -> None:
    place = _data_dir(home, f"{SQLITE}-{LARGE}", seed)
    _copy_database(seed, place / "hub.db")
    with closing(Store(f"sqlite:///{place / 'hub.db'}")) as store:
        migrate(store)
        multiply(store, deliveries=count, report=report)


def _build_postgresql(home: Path, seed: Path, count: int, report: Report) -> None:
    _data_dir(home, f"{POSTGRESQL}-{LARGE}", seed)
    PrivatePostgres(home / POSTGRESQL).discard()
    with PrivatePostgres(home / POSTGRESQL, settings=WHILE_BUILDING) as node:
        with closing(Store(node.create_database(SMALL))) as small:
            migrate(small)
            _carry_over(seed, small)
        with closing(Store(node.create_database(LARGE, template=SMALL))) as large:
            multiply(large, deliveries=count, report=report)


def _move_sequence(tx: Tx, table: sa.Table) -> None:
    """Let a table count on where its rows end, if it counts at all."""
    (key, *others) = table.primary_key.columns
    if others or not isinstance(key.type, sa.Integer):
        return
    sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
    tx.exec_driver_sql(
        f"SELECT setval({sequence}, (SELECT max({key.name}) FROM {table.name})) "
        f"WHERE {sequence} IS NOT NULL"
    )


def _carry_over(seed: Path, into: Store) -> None:
    """Copy every row from SQLite, as it is stored."""
    with (
        closing(Store(f"sqlite:///{seed / 'hub.db'}")) as source,
        source.read() as rows,
        into.engine.begin() as tx,
    ):
        tx.exec_driver_sql("SET session_replication_role = replica")
        for table in all_tables():
            tx.execute(sa.delete(table))  # what a migration has put there
            # By its key: a column may have another name in the database than here.
            keys = [column.key for column in table.columns]
            found = [dict(zip(keys, row, strict=True)) for row in rows.execute(table.select())]
            if found:
                tx.execute(table.insert(), found)
                _move_sequence(tx, table)
        named = sa.select(deliveries.c.destination, deliveries.c.lane).distinct()
        tx.execute(lanes.delete())
        tx.execute(lanes.insert().from_select(["destination", "lane"], named))

"""Processes of a hub on one machine keep to different CPUs, as long as there are enough."""

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from hub.runtime.process import cpu_affinity

CPUS = 4
pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="the system does not know affinity"
)


def choose(directory: Path) -> int:
    """Choose among four CPUs, wherever this runs; the process keeps its choice while it lives."""
    return cpu_affinity._chosen(frozenset(range(CPUS)), directory)


@pytest.fixture
def processes() -> Iterator[list[Pool]]:
    """Eight processes of their own, waiting for something to do."""
    context = multiprocessing.get_context("spawn")
    pools = [context.Pool(1) for _ in range(2 * CPUS)]
    yield pools
    for pool in pools:
        pool.terminate()
        pool.join()


def test_no_cpu_has_two_processes_while_another_has_none(
    tmp_path: Path, processes: list[Pool]
) -> None:
    """Nor three while another has one. One that ends makes room for the next."""
    directory = tmp_path / "data"
    chosen = [pool.apply(choose, (directory,)) for pool in processes[:-1]]
    assert sorted(chosen[:CPUS]) == list(range(CPUS))
    assert sorted(Counter(chosen).values()) == [1, 2, 2, 2]
    processes[0].terminate()
    processes[0].join()
    (alone,) = {cpu for cpu, count in Counter(chosen).items() if count == 1}
    assert processes[-1].apply(choose, (directory,)) in {chosen[0], alone}
    assert (directory / cpu_affinity.FILE).stat().st_mode & 0o077 == 0


def test_a_process_keeps_to_its_cpu(tmp_path: Path) -> None:
    """However often it asks; and its other threads are free again afterwards."""
    before = os.sched_getaffinity(0)
    kept = []
    for _ in range(2):
        with cpu_affinity.one_cpu(directory=tmp_path):
            kept.append(os.sched_getaffinity(0))
    assert kept[0] == kept[1]
    assert len(kept[0]) == 1
    assert os.sched_getaffinity(0) == before


def test_where_no_file_can_be_kept_it_is_drawn_by_chance(tmp_path: Path) -> None:
    """A role that starts matters more than its CPU."""
    (tmp_path / "file").touch()
    assert cpu_affinity._chosen(frozenset({1, 2}), tmp_path / "file") in {1, 2}

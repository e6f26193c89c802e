"""Figures that a process counts: right under threads, and never more series than a bound."""

import threading

from hub.runtime.metrics import MOST_SERIES, OTHER, Counter, Histogram


def test_threads_that_count_together_lose_nothing() -> None:
    """Neither a count nor a value of a histogram."""
    counter = Counter("a", "a figure", ("kind",))
    histogram = Histogram("b", "a figure", bounds=(1, 2))

    def count() -> None:
        for _ in range(2000):
            counter.add("x")
            histogram.observe(1.5)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.counts() == {("x",): 8000}
    assert histogram.distributions()[()].buckets == (0, 8000, 0)


def test_a_value_on_a_bound_belongs_below_it() -> None:
    """Prometheus counts what is at most the bound; what is above all of them is not lost."""
    histogram = Histogram("b", "a figure", bounds=(1, 2))
    for value in (0, 1, 2, 3):
        histogram.observe(value)
    found = histogram.distributions()[()]
    assert (found.buckets, found.sum) == ((2, 1, 1), 6)


def test_more_series_than_the_bound_are_one_series() -> None:
    """A value that nobody foresaw makes no endless list; what was known before stays apart."""
    counter = Counter("a", "a figure", ("kind", "code"))
    for n in range(MOST_SERIES + 50):
        counter.add("x", str(n))
    counter.add("x", "0")
    counts = counter.counts()
    assert len(counts) == MOST_SERIES + 1
    assert counts[OTHER, OTHER] == 50
    assert counts["x", "0"] == 2

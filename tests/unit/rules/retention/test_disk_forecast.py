"""The doctor warns before the disk is full, and says nothing that it does not know."""

from datetime import date, timedelta

import pytest

from hub.preflight.store.disk_usage import check_disk
from hub.rules.retention.disk_forecast import Sample, days_left

TODAY = date(2026, 11, 28)
GIB = 2**30


def sample(days_ago: int, used: int) -> Sample:
    """Return a sample of some days ago, in GiB."""
    return Sample(TODAY - timedelta(days=days_ago), used * GIB)


def test_a_disk_lasts_as_long_as_its_rate_says() -> None:
    """10 GiB in 20 days: 40 GiB that are free last 80 days."""
    samples = [sample(20, 50), sample(10, 53)]
    assert days_left(samples, today=TODAY, used=60 * GIB, total=100 * GIB) == 80


@pytest.mark.parametrize("samples", [[], [sample(1, 50)], [sample(20, 70)]])
def test_without_a_rate_nothing_is_told(samples: list[Sample]) -> None:
    """No sample, one of yesterday only, or a disk on which room was made."""
    assert days_left(samples, today=TODAY, used=60 * GIB, total=100 * GIB) is None


@pytest.mark.parametrize(
    ("used", "before", "good"), [(60, 50, True), (60, 30, False), (79, 79, True), (80, 80, False)]
)
def test_the_doctor_warns_in_time(used: int, before: int, good: bool) -> None:
    """At 80 % full, or with less than 60 days left."""
    found = check_disk([sample(20, before)], today=TODAY, used=used * GIB, total=100 * GIB)
    assert found.ok is good
    assert not found.refuses
    assert f"{used} % full" in found.detail

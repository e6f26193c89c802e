"""What the preflight thinks of versions and of consumer timeouts, without a broker."""

from datetime import timedelta

import pytest

from hub.broker.admin import consumer_timeout, versions
from hub.broker.admin.compare import LiveQueue


@pytest.mark.parametrize(
    ("version", "ok", "refuses", "named"),
    [
        ("3.9.29", False, True, "at most once"),
        ("3.8.2", False, True, "at most once"),
        ("2.8.7", False, True, "at most once"),
        ("3.10.8", False, False, "end of life, community support ended in 2023"),
        ("3.13.7", False, False, "end of life"),
        ("4.1.0-rc.1", False, False, "end of life"),
        ("4.2.5", True, False, "RabbitMQ 4.2.5"),
        ("4.9.0", True, False, "RabbitMQ 4.9.0"),
        ("5.0.0", False, False, "newer than any"),
        ("", False, False, "it calls itself"),
        ("something else", False, False, "it calls itself"),
    ],
)
def test_a_version_is_good_old_or_refused(
    version: str, ok: bool, refuses: bool, named: str
) -> None:
    """Before 3.10 dead letters are lost; an old line is named as such and still works."""
    verdict = versions.check_version(version)
    assert (verdict.ok, verdict.refuses) == (ok, refuses)
    assert named in verdict.detail
    assert verdict.ok or verdict.fix


@pytest.mark.parametrize(
    ("argument", "policy", "expected"),
    [
        (None, None, None),
        (60_000, None, timedelta(minutes=1)),
        (None, 120_000, timedelta(minutes=2)),
        (60_000, 120_000, timedelta(minutes=1)),
        (0, None, None),
    ],
)
def test_the_smaller_of_argument_and_policy_holds(
    argument: int | None, policy: int | None, expected: timedelta | None
) -> None:
    """What stands at a queue; 0 switches the timeout off."""
    queue = LiveQueue(
        type="quorum",
        durable=True,
        arguments={} if argument is None else {"x-consumer-timeout": argument},
        policy="p",
        effective={} if policy is None else {"consumer-timeout": policy},
    )
    assert consumer_timeout.set_at(queue) == expected

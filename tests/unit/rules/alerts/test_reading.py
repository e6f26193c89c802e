"""A file of alerts is read over the packaged rules, and what is wrong has line, key and remedy."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from hub.bootstrap.alerts.plan import make_channels, plan_of
from hub.rules.alerts import reading
from hub.rules.alerts.rule import AlertSeverity
from hub.rules.alerts.signals import SIGNALS
from hub.rules.toml.reading import TomlFileWrong

WHOLE = """
name = "Phường Thử"
together = "10m"
[quiet]
from = "20:00"
to = "06:30"
days_off = true
[[channel]]
name = "duty"
kind = "mail"
host = "smtp.example.vn"
from = "hub@example.vn"
to = ["duty@example.vn"]
[[channel]]
name = "head"
kind = "webhook"
url = "https://chat.example.vn/x"
secret_file = "/etc/hub/secret"
[[channel]]
name = "phone"
kind = "apprise"
url_file = "/etc/hub/phone"
[[step]]
after = "30m"
channels = ["head"]
severities = ["critical"]
[[step]]
channels = ["duty"]
[[rule]]
name = "oldest_open"
above = "1h"
[[rule]]
name = "tasks_overdue"
off = true
[[rule]]
name = "disk-of-the-archive"
signal = "disk_free"
below = 10
severity = "critical"
subjects = ["archive"]
"""


def test_the_packaged_rules_know_each_signal_once() -> None:
    """A signal without a rule would be measured for nothing."""
    assert sorted(rule.signal for rule in reading.packaged().rules) == sorted(SIGNALS)


def test_a_file_changes_what_it_names_and_leaves_the_rest() -> None:
    """A rule by its name, a new one beside; steps in the order of their times."""
    plan = reading.parse(WHOLE, "alerts.toml", over=reading.packaged())
    rules = {rule.name: rule for rule in plan.rules}
    before = {rule.name: rule for rule in reading.packaged().rules}
    changed = rules["oldest_open"]
    assert (changed.limit, changed.critical) == (3600, before["oldest_open"].critical)
    assert changed.after == before["oldest_open"].after
    assert "tasks_overdue" not in rules
    assert rules["disk-of-the-archive"].severity is AlertSeverity.CRITICAL
    assert len(rules) == len(before)
    assert [step.channels for step in plan.steps] == [("duty",), ("head",)]
    assert (plan.quiet.starts, plan.together) == (time(20), timedelta(minutes=10))


def test_every_kind_of_channel_that_a_file_may_name_is_made() -> None:
    """Else the hub would accept the file and not start."""
    plan = reading.parse(WHOLE, "alerts.toml", over=reading.packaged())
    assert set(make_channels(plan)) == {"duty", "head", "phone"}
    assert {it.kind for it in plan.channels} == set(reading.CHANNEL)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('together = "5x"', "line 1, together: '5x' cannot be used; write 30s, 15m, 2h or 7d"),
        ("togther = 1", "line 1, togther: is no key here; the keys are: name, together"),
        ('[[rule]]\nname = "mine"\nabove = 1', "line 1, rule.signal: is missing; one of: oldest"),
        (
            '[[rule]]\nname = "oldest_open"\n\nabove = 5',
            "line 4, rule.above: the signal oldest_open is a duration",
        ),
        (
            '[[rule]]\nname = "disk_free"\nabove = 5',
            "line 3, rule.above: the signal disk_free takes below",
        ),
        (
            '[[rule]]\nname = "oldest_open"\n[[rule]]\nname = "oldest_open"',
            "line 4, rule.name: oldest_open stands above already",
        ),
        (
            '[[rule]]\nname = "oldest_open"\ncritical = "1m"',
            "line 3, rule.critical: must be worse than above",
        ),
        (
            '[[channel]]\nname = "x"\nkind = "fax"',
            "line 3, channel.kind: 'fax' cannot be used; one",
        ),
        ('[[channel]]\nname = "x"\nkind = "mail"', "line 1, channel.host: is missing"),
        ('[[step]]\nchannels = ["x"]', "line 2, step.channels: there is no channel x"),
        ('[quiet]\nfrom = "20:00"', "line 1, quiet.to: is missing"),
        ("rule = 5", "line 1, rule: is written as [[rule]]"),
        ("[[rule", "x.toml: is not TOML"),
    ],
)
def test_what_is_wrong_has_its_line_its_key_and_what_is_allowed(text: str, problem: str) -> None:
    """A person repairs the file without reading a manual."""
    with pytest.raises(TomlFileWrong) as caught:
        reading.parse(text, "x.toml", over=reading.packaged())
    assert problem in caught.value.text.en


def test_a_kind_whose_packages_are_not_installed_is_named_with_what_to_install() -> None:
    """At its line, before any message needs it."""
    text = '[[channel]]\nname = "x"\nkind = "apprise"\nurl_file = "/x"\n'
    with pytest.raises(TomlFileWrong) as caught:
        reading.parse(text, "x.toml", over=reading.packaged(), missing=("apprise",))
    assert caught.value.text.en == (
        "x.toml, line 3, channel.kind: needs the extra `chat`: pip install '.[chat]', "
        "or install from requirements/chat.txt"
    )
    with pytest.raises(TomlFileWrong, match="url: "):
        reading.parse(text.replace("url_file", "url"), "x.toml", over=reading.packaged())


def test_every_problem_of_a_file_is_named_at_once() -> None:
    """Not one a start."""
    text = 'together = 1\n[[rule]]\nname = "UPPER"\n[quiet]\nfrom = 1\n'
    with pytest.raises(TomlFileWrong) as caught:
        reading.parse(text, "x.toml", over=reading.packaged())
    assert [problem.en.split(":")[0] for problem in caught.value.problems] == [
        "x.toml, line 1, together",
        "x.toml, line 3, rule.name",
        "x.toml, line 5, quiet.from",
    ]


def test_mail_without_tls_stays_on_this_machine() -> None:
    """A password and the names of partners are nobody else's."""
    wrong = WHOLE.replace('host = "smtp.example.vn"', 'host = "smtp.example.vn"\ntls = "none"')
    with pytest.raises(TomlFileWrong, match="tls"):
        reading.parse(wrong, "x.toml", over=reading.packaged())
    reading.parse(wrong.replace("smtp.example.vn", "localhost"), "x", over=reading.packaged())


def test_a_file_that_is_not_there_is_a_problem_with_its_name(tmp_path: Path) -> None:
    """The hub does not start without the rules that somebody wrote."""
    with pytest.raises(TomlFileWrong, match=r"nowhere\.toml"):
        plan_of(str(tmp_path / "nowhere.toml"))

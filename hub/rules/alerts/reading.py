"""Reads a file of alerts over the packaged rules; names every problem with line and key. Pure.

The file changes a packaged rule by its name, adds rules, and says channels, steps of escalation and
quiet hours. What is wrong with one entry does not hide what is wrong with the next.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from importlib import resources
from typing import Any

from hub.rules.alerts.plan import (
    APPRISE,
    EVERY_SEVERITY,
    EXTRAS,
    MAIL,
    WEBHOOK,
    AlertPlan,
    ChannelSettings,
    MailServer,
    QuietHours,
    Step,
)
from hub.rules.alerts.rule import AlertSeverity, Rule
from hub.rules.alerts.signals import SIGNALS, SignalUnit
from hub.rules.toml import values as v
from hub.rules.toml.lines import Path
from hub.rules.toml.reading import Keys, TomlReading
from hub.texts.catalog import Language

_SEVERITIES = tuple(map(str, EVERY_SEVERITY))
TOP: Keys = {"name": v.line, "together": v.duration, "console": v.line, "runbook": v.line}
TABLES = ("rule", "channel", "step", "quiet")
RULE: Keys = {
    "name": v.name,
    "signal": v.choice(SIGNALS),
    "above": v.amount,
    "below": v.amount,
    "critical": v.amount,
    "severity": v.choice(_SEVERITIES),
    "after": v.duration,
    "clear_after": v.duration,
    "repeat": v.duration,
    "subjects": v.list_of(v.line),
    "off": v.flag,
}
_EVERY_CHANNEL: Keys = {
    "name": v.name,
    "kind": v.choice((MAIL, WEBHOOK, APPRISE)),
    "person": v.line,
    "language": v.choice(tuple(map(str, Language))),
}
CHANNEL: Mapping[str, Keys] = {
    MAIL: {
        **_EVERY_CHANNEL,
        "host": v.line,
        "port": v.port,
        "tls": v.choice(("starttls", "implicit", "none")),
        "username": v.line,
        "password_file": v.line,
        "ca_file": v.line,
        "from": v.address,
        "to": v.list_of(v.address),
    },
    WEBHOOK: {**_EVERY_CHANNEL, "url": v.line, "secret_file": v.line, "ca_file": v.line},
    APPRISE: {**_EVERY_CHANNEL, "url_file": v.line},
}
NEEDED = {
    MAIL: ("host", "from", "to"),
    WEBHOOK: ("url", "secret_file"),
    APPRISE: ("url_file",),
}
STEP: Keys = {
    "after": v.duration,
    "channels": v.list_of(v.name),
    "severities": v.list_of(v.choice(_SEVERITIES)),
}
QUIET: Keys = {"from": v.clock, "to": v.clock, "days_off": v.flag}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def packaged() -> AlertPlan:
    """Return the rules that come with the hub."""
    data = resources.files("hub.rules.alerts") / "data" / "alerts.toml"
    return parse(data.read_text(encoding="utf-8"), "alerts.toml", over=AlertPlan())


def parse(text: str, name: str, *, over: AlertPlan, missing: Collection[str] = ()) -> AlertPlan:
    """Return a plan with a file's content laid over it. Raises TomlFileWrong.

    `missing`: kinds of channels whose extra is not installed here.
    """
    raw, file = TomlReading.begin(text, name)
    top = {key: value for key, value in raw.items() if key not in TABLES}
    given = file.entry((), top, TOP)
    rules = _rules(file, raw, over)
    channels = _channels(file, raw, missing)
    steps = _steps(file, raw, {it.name for it in channels})
    plan = AlertPlan(rules=rules, channels=channels, steps=steps, quiet=_quiet(file, raw), **given)
    file.end()
    return plan


def _rules(file: TomlReading, raw: Mapping[str, Any], over: AlertPlan) -> list[Rule]:
    rules = {rule.name: rule for rule in over.rules}
    seen: set[str] = set()
    for path, entry in file.entries(raw, "rule"):
        given = file.entry(path, entry, RULE)
        if not isinstance(entry, dict):
            continue
        if "name" not in entry:
            file.wrong((*path, "name"), "needed")
        if "name" not in given or ("signal" in entry and "signal" not in given):
            continue
        name = given["name"]
        if name in seen:
            file.wrong((*path, "name"), "twice", name=name)
        seen.add(name)
        rule = _rule(file, path, given, rules.get(name))
        if given.get("off"):
            rules.pop(name, None)
        elif rule is not None:
            rules[name] = rule
    return list(rules.values())


def _rule(file: TomlReading, path: Path, given: dict[str, Any], base: Rule | None) -> Rule | None:
    signal = given.get("signal") or (base.signal if base else None)
    if signal is None:
        file.wrong((*path, "signal"), "needed_one_of", allowed=", ".join(SIGNALS))
        return None
    low = SIGNALS[signal].low_is_bad
    key, other = ("below", "above") if low else ("above", "below")
    if other in given:
        file.wrong((*path, other), "other_side", signal=signal, key=key)
        return None
    limit = _limit(file, (*path, key), given.get(key), signal)
    critical = _limit(file, (*path, "critical"), given.get("critical"), signal)
    if base is not None and base.signal == signal:
        limit = base.limit if limit is None else limit
        critical = base.critical if critical is None else critical
    if limit is None:
        if key not in given:
            file.wrong((*path, key), "needed")
        return None
    if critical is not None and (critical > limit if low else critical < limit):
        file.wrong((*path, "critical"), "critical_before", key=key)
    kept = {"after", "clear_after", "repeat", "subjects"} & given.keys()
    severity = given.get("severity")
    plain = base or Rule(name=given["name"], signal=signal, limit=limit)
    return Rule(
        name=given["name"],
        signal=signal,
        limit=limit,
        critical=critical,
        severity=AlertSeverity(severity) if severity else plain.severity,
        **{
            name: given[name] if name in kept else getattr(plain, name)
            for name in ("after", "clear_after", "repeat", "subjects")
        },
    )


def _limit(file: TomlReading, path: Path, value: Any, signal: str) -> float | None:
    """Return a limit in the unit of its signal."""
    if value is None:
        return None
    is_duration = SIGNALS[signal].unit is SignalUnit.DURATION
    if isinstance(value, timedelta) is not is_duration:
        file.wrong(path, "limit_duration" if is_duration else "limit_number", signal=signal)
        return None
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _channels(
    file: TomlReading, raw: Mapping[str, Any], missing_kinds: Collection[str]
) -> list[ChannelSettings]:
    found: dict[str, ChannelSettings] = {}
    for path, entry in file.entries(raw, "channel"):
        kind = entry.get("kind") if isinstance(entry, dict) else None
        keys = CHANNEL.get(kind, _EVERY_CHANNEL) if isinstance(kind, str) else _EVERY_CHANNEL
        given = file.entry(path, entry, keys)
        missing = [key for key in ("name", "kind") if isinstance(entry, dict) and key not in entry]
        missing += [key for key in NEEDED.get(given.get("kind", ""), ()) if key not in entry]
        for key in missing:
            file.wrong((*path, key), "needed")
        if missing or "name" not in given or "kind" not in given:
            continue
        if given["name"] in found:
            file.wrong((*path, "name"), "twice", name=given["name"])
        if given["kind"] in missing_kinds:
            file.wrong((*path, "kind"), "extra_missing", extra=EXTRAS[given["kind"]])
        if given.get("tls") == "none" and given.get("host") not in _LOOPBACK:
            file.wrong((*path, "tls"), "tls_needed")
        if ("username" in given) != ("password_file" in given):
            key = "username" if "password_file" in given else "password_file"
            file.wrong((*path, key), "needed")
        found[given["name"]] = _channel(given)
    return list(found.values())


def _channel(given: Mapping[str, Any]) -> ChannelSettings:
    of_server = ("host", "port", "tls", "username", "password_file", "ca_file")
    is_mail = given["kind"] == MAIL and "host" in given
    server = {name: given[name] for name in of_server if name in given}
    return ChannelSettings(
        name=given["name"],
        kind=given["kind"],
        person=given.get("person", ""),
        language=Language(given.get("language", Language.VI)),
        mail=MailServer(**server) if is_mail else None,
        sender=given.get("from", ""),
        to=given.get("to", ()),
        url=given.get("url", ""),
        secret_file=given.get("secret_file", ""),
        url_file=given.get("url_file", ""),
        ca_file=given.get("ca_file", ""),
    )


def _steps(file: TomlReading, raw: Mapping[str, Any], channels: Collection[str]) -> list[Step]:
    found = []
    for path, entry in file.entries(raw, "step"):
        given = file.entry(path, entry, STEP)
        if isinstance(entry, dict) and "channels" not in entry:
            file.wrong((*path, "channels"), "needed")
        for name in given.get("channels", ()):
            if name not in channels:
                shown = ", ".join(sorted(channels)) or "-"
                file.wrong((*path, "channels"), "no_channel", name=name, allowed=shown)
        severities = tuple(map(AlertSeverity, given.get("severities", EVERY_SEVERITY)))
        after = given.get("after", timedelta())
        found.append(Step(after=after, channels=given.get("channels", ()), severities=severities))
    return sorted(found, key=lambda step: step.after)


def _quiet(file: TomlReading, raw: Mapping[str, Any]) -> QuietHours:
    given = file.entry(("quiet",), raw.get("quiet", {}), QUIET)
    if ("from" in given) != ("to" in given):
        file.wrong(("quiet", "to" if "from" in given else "from"), "needed")
    return QuietHours(
        starts=given.get("from"), ends=given.get("to"), days_off=given.get("days_off", False)
    )

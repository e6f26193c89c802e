"""The page of a signal, as the runbook has it: what is measured, when it is told, what to do."""

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.frame.errors import NotHere
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, demand_some
from hub.console.parts import Parts
from hub.operations.alerts import words
from hub.rules.alerts.rule import Rule
from hub.rules.alerts.signals import SIGNALS
from hub.rules.users.rights import Right
from hub.texts import Text, both

PLACE = Text("…", "…")
"""Stands for subject and value, as in the runbook."""


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page."""

    @app.get("/signals/{name}")
    def page(request: Request, name: str, who: Who) -> Response:
        demand_some(who, Right.METADATA)
        return render(request, of_signal(parts, name), who, now=parts.clock())


def of_signal(parts: Parts, name: str) -> PageView:
    """Return the page of a signal. Raises NotHere."""
    found = SIGNALS.get(name)
    if found is None:
        raise NotHere
    return PageView(
        template="alerts/signal.html",
        title=both("alert_pages.signal_title", name=name),
        values={
            "name": name,
            "it": found,
            "sentence": both(f"alert_signals.{name}", about=PLACE, value=PLACE),
            "to_do": both(f"alert_signals.{name}_to_do"),
            "rules": [rule for rule in parts.alerts.rules if rule.signal == name],
            "limit": limit,
            "length": words.duration,
        },
    )


def limit(rule: Rule, value: float | None) -> Text:
    """Return a limit of a rule in words, with the side on which it is bad."""
    if value is None:
        return Text("–", "–")
    mark = "<" if SIGNALS[rule.signal].low_is_bad else ">"
    return Text(*(f"{mark} {it}" for it in words.value_of(rule.signal, value)))

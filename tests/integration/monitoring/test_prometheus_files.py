"""The files of `ops/`: Prometheus' own checker takes them, and they name figures that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub.drill.sandbox.programs import MissingProgram
from hub.monitoring import families
from hub.monitoring.readiness import Readiness
from hub.monitoring.sampling import HubSample
from hub.operations.overview.figures import Figures
from hub.settings import ROLES
from tests.support.documents.sources import ROOT
from tests.support.works import AT

PROMETHEUS, GRAFANA = ROOT / "ops/prometheus", ROOT / "ops/grafana"
DASHBOARD = json.loads((GRAFANA / "dashboards/hub.json").read_text(encoding="utf-8"))
RULES = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
PROMETHEUS_OWN = {"up", "process_resident_memory_bytes"}


def promtool(*words: str) -> None:
    """Run Prometheus' checker; fails with what it found."""
    program = shutil.which("promtool")
    if program is None:
        raise MissingProgram("promtool", "prometheus")
    found = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@cache
def names() -> frozenset[str]:
    """Return the name of every series that a hub shows."""
    figures = Figures(
        at=AT,
        balances=(),
        oldest={},
        unhandled={},
        pauses=(),
        tasks={},
        devices=(),
        ending_secrets=0,
    )
    sample = HubSample(figures=figures, broker_answers=True)
    metrics = [
        *families.counted(),
        *families.of_process(Readiness((), ""), version="0"),
        *families.of_sample(sample, ("provincial",), now=AT),
    ]
    found = set()
    for metric in metrics:
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        found |= {metric.name + end for end in ends.get(metric.type, ("",))}
    return frozenset(found) | PROMETHEUS_OWN


def unknown(expression: str) -> set[str]:
    """Return the figures that an expression names and no hub shows."""
    bare = re.sub(r'\{[^}]*\}|"[^"]*"', "", expression)
    return set(re.findall(r"\b(?:hub|process)_\w+|\bup\b", bare)) - names()


def test_the_configuration_is_taken_by_prometheus(tmp_path: Path) -> None:
    """With a token's file where a container has it."""
    shutil.copytree(PROMETHEUS, tmp_path, dirs_exist_ok=True)
    token = tmp_path / "token"
    token.write_text("x", encoding="ascii")
    file = tmp_path / "prometheus.yml"
    text = file.read_text(encoding="utf-8").replace("/run/secrets/metrics_token", str(token))
    file.write_text(text, encoding="utf-8")
    promtool("check", "config", str(file))


def test_every_alert_fires_when_it_should_and_not_before() -> None:
    """By Prometheus' own tests of rules; each alert has one."""
    promtool("test", "rules", str(PROMETHEUS / "alerts_test.yml"))
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]
    assert {it["name"] for it in tests} == {it["alert"] for it in RULES}
    for it in tests:
        before, after = (case["exp_samples"] for case in it["promql_expr_test"])
        assert (before, len(after)) == ([], 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda it: str(it["alert"]))
def test_an_alert_names_known_figures_and_a_page_in_two_languages(rule: dict[str, Any]) -> None:
    """What a person reads at night leads to what to do."""
    assert unknown(rule["expr"]) == set()
    notes = rule["annotations"]
    assert notes["summary"] != notes["summary_en"]
    assert (ROOT / notes["runbook"]).is_file()
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page = (ROOT / "docs/runbook/metrics.md").read_text(encoding="utf-8")
    assert f"| `{rule['alert']}` |" in page


def expressions() -> Iterator[tuple[str, str]]:
    """Yield each expression of the dashboard with its panel's title."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_every_panel_has_a_unit_and_names_known_figures() -> None:
    """A renamed figure would leave an empty panel that nobody misses."""
    assert {title: names for title, it in expressions() if (names := unknown(it))} == {}
    panels = DASHBOARD["panels"]
    assert all(it["fieldConfig"]["defaults"]["unit"] for it in panels)
    assert len({it["id"] for it in panels}) == len(panels)
    source = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())
    uid = source["datasources"][0]["uid"]
    assert {it["datasource"]["uid"] for it in panels} == {uid}


def test_an_unknown_figure_is_found() -> None:
    """The check above can fail."""
    assert unknown('sum(rate(hub_never_heard_of_total{partner="x"}[5m]))') == {
        "hub_never_heard_of_total"
    }


def test_every_container_of_the_hub_is_a_target() -> None:
    """A new role is not forgotten."""
    (targets,) = yaml.safe_load((PROMETHEUS / "targets/compose.yml").read_text())
    assert {it.partition(":")[0] for it in targets["targets"]} == set(ROLES)

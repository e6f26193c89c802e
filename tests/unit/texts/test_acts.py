"""Every act that the audit can name has words: a person reads them on the pages of the console."""

import ast
from collections.abc import Iterator
from pathlib import Path

import hub
from hub.operations.deliveries.replay_orders import STARTS
from hub.texts import both

ROOT = Path(hub.__file__).parent


def audited() -> Iterator[tuple[str, str]]:
    """Yield file and name of each act that code writes into the audit as a literal."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            called = node.func
            if not (isinstance(called.value, ast.Name) and called.value.id == "audit"):
                continue
            given = [it.value for it in node.keywords if it.arg == "action"] + node.args[2:3]
            for each in given:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield file.relative_to(ROOT).as_posix(), each.value


def test_every_act_has_words() -> None:
    """In both languages; `both` raises KeyError for one that has none."""
    found = [*audited(), *(("replay_orders", f"replay.{verb}") for verb in STARTS)]
    assert len(found) > 30
    missing = []
    for file, action in found:
        try:
            words = both(f"acts.{action.replace('.', '_')}")
        except KeyError:
            missing.append(f"{file}: {action}")
            continue
        assert all(words)
    assert not missing, "\n".join(missing)

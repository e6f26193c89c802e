"""The partner guide's examples: read from the page that a hub serves, run as they stand there."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from lxml import html

WITH = {
    "sh": "{}\n",
    "python": "python - <<'END_OF_IT'\n{}\nEND_OF_IT\n",
    "php": "php <<'END_OF_IT'\n{}\nEND_OF_IT\n",
}
"""How a block of a language is run within the one shell."""
ENDED = "\x1e"


@dataclass(frozen=True, slots=True)
class Example:
    """A block that is run, and what the guide says comes out; "" where it says nothing."""

    language: str
    text: str
    shown: str = ""


def examples(address: str) -> Sequence[Example]:
    """Return the examples of a served guide, in order."""
    page: Any = html.fromstring(urllib3.request("GET", address).data.decode())
    found: list[Example] = []
    for code in page.xpath("//pre/code"):
        language = code.get("class").removeprefix("language-")
        if language in WITH:
            found.append(Example(language, code.text_content()))
        else:
            found[-1] = Example(found[-1].language, found[-1].text, code.text_content())
    return found


def outputs(
    chosen: Sequence[Example], folder: Path, *, between: Callable[[], None] = lambda: None
) -> Sequence[str]:
    """Run examples in one shell, as they stand, `between` after each; return what each printed."""
    place, errors = str(Path(sys.executable).parent), folder.with_name("errors.log")
    with (
        errors.open("w") as log,
        subprocess.Popen(
            ["/bin/sh", "-eu"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env={"PATH": f"{place}:{os.environ['PATH']}", "HOME": str(folder)},
            text=True,
        ) as shell,
    ):
        found = []
        for example in chosen:
            found.append(_output(shell, WITH[example.language].format(example.text.rstrip())))
            between()
    assert shell.returncode == 0
    return found


def _output(shell: subprocess.Popen[str], script: str) -> str:
    """Give a shell something to do; return what it prints. A shell that ended fails the test."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    shell.stdin.write(f"{script}printf '{ENDED}'\n")
    shell.stdin.flush()
    printed = ""
    while not printed.endswith(ENDED):
        part = shell.stdout.read(1)
        assert part, f"{script} ended the shell after: {printed}"
        printed += part
    return printed.removesuffix(ENDED)

"""The partner guide's examples: read from the page that a hub serves, run as they stand there."""

import os
import subprocess
import sys
from collections.abc import Sequence
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


def outputs(chosen: Sequence[Example], folder: Path) -> Sequence[str]:
    """Run examples in one shell, as they stand; return what each printed."""
    end = f"printf '{ENDED}'\n"
    script = "".join(WITH[it.language].format(it.text.rstrip()) + end for it in chosen)
    place = str(Path(sys.executable).parent)
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=script,
        cwd=folder,
        env={"PATH": f"{place}:{os.environ['PATH']}", "HOME": str(folder)},
        capture_output=True,
        timeout=90,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(ENDED)[:-1]

"""What `docker compose` would do with a command, as far as the compose file and the words tell.

Promises to find what cannot work: a service, profile or option that is not there, a file that is
put into a read-only place, a command inside a container that is stopped. It runs nothing.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.documents.commands import ROOT

FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
PROFILES = {profile for it in SERVICES.values() for profile in it.get("profiles", ())}
HUB = "one-stop-hub"
"""The image whose entry point is the command `hub`."""
OPTIONS = {
    "up": {"--detach": 0},
    "build": {},
    "stop": {},
    "exec": {"-T": 0, "--env": 1},
    "run": {"--rm": 0, "--no-deps": 0, "-T": 0, "--entrypoint": 1, "--env": 1},
}
"""The options that the documents use, with the number of their values."""
IN_IMAGES = {
    HUB: {"hub", "python", "sh", "cat", "tar"},
    SERVICES["postgres"]["image"]: {"pg_dump", "pg_restore", "psql"},
}


@dataclass
class Session:
    """What is stopped after the commands so far, and what the hub's parser has to be asked."""

    stopped: set[str] = field(default_factory=set)
    inner: list[list[str]] = field(default_factory=list)
    """Commands of the hub, run inside a container."""

    def problems(self, command: str) -> list[str]:
        """Return why a command cannot work; empty when nothing speaks against it."""
        # What is redirected is the shell's business.
        words = [it for it in shlex.split(command)[2:] if not it.startswith(("<", ">"))]
        found: list[str] = []
        if words[:1] == ["--profile"]:
            if words[1] not in PROFILES:
                found.append(f"no profile {words[1]}")
            words = words[2:]
        verb, *rest = words
        if verb not in OPTIONS:
            return [*found, f"{verb}: not known to work with read-only containers"]
        options, rest = _options(rest, OPTIONS[verb])
        found += [f"{verb} has no option {name}" for name in options if name not in OPTIONS[verb]]
        if verb in ("exec", "run"):
            return [*found, *self._inside(verb, rest, options)]
        found += [f"no service {name}" for name in rest if name not in SERVICES]
        if verb == "stop":
            self.stopped |= set(rest or SERVICES)
        if verb == "up":
            self.stopped.clear()
        return found

    def _inside(self, verb: str, words: list[str], options: dict[str, list[str]]) -> Iterator[str]:
        name, *inner = words
        if name not in SERVICES:
            yield f"no service {name}"
            return
        if verb == "exec" and name in self.stopped:
            yield f"{name} is stopped, nothing can be executed in it"
        image = SERVICES[name]["image"]
        entry = options.get("--entrypoint") or (["hub"] if image == HUB else [])
        program, *arguments = [*entry, *inner] if verb == "run" else inner
        if program not in IN_IMAGES.get(image, set()):
            yield f"{program} is not in the image {image}"
        if program == "hub":
            self.inner.append(arguments)
        if program == "sh":
            for target in re.findall(r">\s*(\S+)", arguments[-1]):
                if not _writable(SERVICES[name], target):
                    yield f"{target} is read-only in {name}"


def _options(words: list[str], known: dict[str, int]) -> tuple[dict[str, list[str]], list[str]]:
    """Split the options before the service from the rest."""
    found: dict[str, list[str]] = {}
    while words and words[0].startswith("-"):
        name, *words = words
        count = known.get(name, 0)
        found[name], words = words[:count], words[count:]
    return found, words


def _writable(service: dict[str, Any], target: str) -> bool:
    memory = [it.split(":")[0] for it in service.get("tmpfs", ())]
    places = [*memory, *(it.split(":")[1] for it in service.get("volumes", ()))]
    return any(Path(target).is_relative_to(place) for place in places)

"""One thing that is wrong with a profile, and the place where it stands."""

import re
from dataclasses import dataclass

from hub.texts import Text, joined

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class ProfileSource:
    """Where a value comes from: a file and a line, or a setting of the environment."""

    name: str
    line: int = 0
    """0: the file as a whole, or no file."""

    def __str__(self) -> str:
        return f"{self.name}:{self.line}" if self.line else self.name


@dataclass(frozen=True, slots=True)
class ProfileProblem:
    """What a person needs for putting it right."""

    source: ProfileSource
    key: str
    why: Text
    """What was read, what is allowed, what to do: a text of hub/texts/profile_problems.toml."""

    def __str__(self) -> str:
        return f"{self.source}: {self.without_place()}"

    def without_place(self) -> Text:
        """Return key and problem without file and line."""
        return joined(": ", [Text(self.key, self.key), self.why]) if self.key else self.why


def dotted(path: tuple[str, ...]) -> str:
    """Return a path of keys as TOML writes it: codes."0".means."""
    return ".".join(part if _bare(part) else f'"{part}"' for part in path)


def _bare(part: str) -> bool:
    # A number without quotes would be a key, too, but nobody reads it as one.
    return _BARE.fullmatch(part) is not None and not part.lstrip("-").isdigit()

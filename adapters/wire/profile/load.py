"""Reads a partner's profile: the shipped file, and the installation's file over it.

Promises one checked record, or a ProfileBroken that lists every problem: file, line and key, what
was read, what is allowed, what to do. A key of the installation's file takes the place of the
shipped one; of `codes` and of the address tables each entry by itself. `extends = false` leaves the
shipped file out: then what is not said has its cautious default.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from adapters.wire.profile import contradictions
from adapters.wire.profile.convert import Problems, perhaps_meant, section, whole
from adapters.wire.profile.problem import ProfileProblem, ProfileSource, dotted
from adapters.wire.profile.records import Code, Profile
from hub.rules.toml.lines import lines_of
from hub.texts import both

BY_ENTRY: frozenset[tuple[str, ...]] = frozenset(
    {("codes",), ("addresses", "soap"), ("addresses", "rest")}
)
"""Tables whose entries are taken over one by one."""
PATHS = (
    ("addresses", "wsdl"),
    ("tls", "ca_file"),
    ("tls", "client_certificate"),
    ("tls", "client_key"),
    ("proxy", "password_file"),
)
"""Keys that name a file, from the folder of the profile that says so."""


class ProfileBroken(ValueError):
    """The profile cannot be used; the text lists every problem, one a line."""

    def __init__(self, problems: list[ProfileProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A profile, and where each of its values comes from."""

    profile: Profile
    sources: Mapping[tuple[str, ...], ProfileSource] = field(default_factory=dict)
    """Path of a key, e.g. ("session", "words") -> its place; a key that nobody wrote is not in."""
    shipped: str = ""
    """Name of the shipped file."""
    foreign: frozenset[tuple[str, ...]] = frozenset()
    """Keys and tables that do not concern the partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A partner's shipped profile, and what can be said about that partner."""

    path: Path
    operations: frozenset[str]
    """The partner's names of what can be called."""
    foreign: frozenset[tuple[str, ...]]
    """Keys and tables that do not concern the partner."""

    def load(
        self,
        own: Path | None = None,
        *,
        settings: Mapping[tuple[str, ...], tuple[str, object]] | None = None,
        proposal: str = "",
    ) -> Loaded:
        """Return the profile with the installation's file; see `load`. Raises ProfileBroken."""
        return load(
            self.path,
            own,
            operations=self.operations,
            foreign=self.foreign,
            settings=settings,
            proposal=proposal,
        )


@dataclass(frozen=True, slots=True)
class _File:
    raw: Mapping[str, Any]
    lines: Mapping[tuple[str | int, ...], int]
    name: str


def load(
    shipped: Path,
    own: Path | None = None,
    *,
    operations: frozenset[str],
    foreign: frozenset[tuple[str, ...]] = frozenset(),
    settings: Mapping[tuple[str, ...], tuple[str, object]] | None = None,
    proposal: str = "",
) -> Loaded:
    """Return the profile of a partner; raises ProfileBroken.

    `operations` are the partner's names of what can be called. `foreign` are keys and tables that
    do not concern this partner: to set them has no effect, so it is refused. `settings` are values
    that stand in the environment and win over every file: path of the key -> (name of the setting,
    value). `proposal` is the text of a file that is laid over both and is not there yet.
    """
    problems: list[ProfileProblem] = []
    raw: dict[str, Any] = {}
    sources: dict[tuple[str, ...], ProfileSource] = {}
    for file in _files(shipped, own, proposal):
        _lay_over(raw, sources, file, problems)
    for key, (name, value) in (settings or {}).items():
        raw.setdefault(key[0], {})[key[1]] = value
        sources[key] = ProfileSource(name)
    problems += [
        ProfileProblem(place, dotted(path), both("profile_problems.foreign", read=path[-1]))
        for path, place in sources.items()
        if path[:2] in foreign
    ]
    profile = _convert(raw, Problems(problems, sources))
    if problems:
        raise ProfileBroken(problems)
    problems += contradictions.find(profile, sources, operations=operations)
    if problems:
        raise ProfileBroken(problems)
    return Loaded(profile=profile, sources=sources, shipped=str(shipped), foreign=foreign)


def _files(shipped: Path, own: Path | None, proposal: str) -> list[_File]:
    """Return the files to lay over one another, in order; raises ProfileBroken."""
    problems: list[ProfileProblem] = []
    files = [_read(path, problems) for path in (shipped, own) if path is not None]
    if problems:
        raise ProfileBroken(problems)
    if len(files) == 2 and files[1].raw.get("extends", True) is False:
        files = files[1:]
    return [*files, _parsed(proposal, "proposal")] if proposal else files


def _read(path: Path, problems: list[ProfileProblem]) -> _File:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _parsed(text, str(path))
    except OSError as error:
        why = both("profile_problems.no_file", why=error.strerror or type(error).__name__)
    except UnicodeDecodeError as error:
        why = both("profile_problems.not_utf8", start=error.start)
    except tomllib.TOMLDecodeError as error:
        why = both("profile_problems.not_toml", why=error)
    problems.append(ProfileProblem(ProfileSource(str(path)), "", why))
    return _File({}, {}, str(path))


def _parsed(text: str, name: str) -> _File:
    return _File(tomllib.loads(text), lines_of(text), name)


def _lay_over(
    raw: dict[str, Any],
    sources: dict[tuple[str, ...], ProfileSource],
    file: _File,
    problems: list[ProfileProblem],
) -> None:
    """Lay a file over what is there, and note where each value stands."""
    folder = Path(file.name).parent
    for path, value in _values(file.raw):
        source = ProfileSource(file.name, _line(file.lines, path))
        if path == ("extends",):
            if not isinstance(value, bool):
                why = both("profile_problems.extends", read=repr(value))
                problems.append(ProfileProblem(source, "extends", why))
            continue
        if path in PATHS and isinstance(value, str) and value:
            value = str((folder / value).absolute())
        if value == {}:  # a table without keys says nothing
            _inside(raw, path)
            sources.setdefault(path, source)
            continue
        _inside(raw, path[:-1])[path[-1]] = value
        for inner in [it for it in sources if it[: len(path)] == path]:
            del sources[inner]  # an entry takes the place of the whole one
        sources[path] = source
        if isinstance(value, dict):
            keys = ((*path, key) for key in value)
            sources |= {key: ProfileSource(file.name, _line(file.lines, key)) for key in keys}


def _inside(raw: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return the table at `path`, made where there is none."""
    for name in path:
        inner = raw.setdefault(name, {})
        raw = inner if isinstance(inner, dict) else raw
    return raw


def _values(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what is taken over by itself: keys of sections, and entries of tables of entries."""
    for name, table in raw.items():
        if not isinstance(table, dict) or not table:
            yield (name,), table
        elif (name,) in BY_ENTRY:
            yield from (((name, entry), value) for entry, value in table.items())
        else:
            for key, value in table.items():
                if (name, key) in BY_ENTRY and isinstance(value, dict):
                    yield from (((name, key, entry), it) for entry, it in value.items())
                else:
                    yield (name, key), value


def _line(lines: Mapping[tuple[str | int, ...], int], path: tuple[str, ...]) -> int:
    """Return the line of a key, of the table around it where it has none of its own."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _convert(raw: Mapping[str, Any], problems: Problems) -> Profile:
    kinds = {it.name: it for it in msgspec.structs.fields(Profile)}
    made: dict[str, Any] = {}
    for name, table in raw.items():
        if name not in kinds:
            known, fix = ", ".join(kinds), perhaps_meant(name, kinds)
            why = both("profile_problems.section_unknown", read=name, known=known, fix=fix)
            problems.add((name,), why)
        elif not isinstance(table, dict):
            why = both("profile_problems.not_a_section", read=repr(table), name=name)
            problems.add((name,), why)
        elif name == "codes":
            made[name] = {
                code: row
                for code, entry in table.items()
                if (row := whole(Code, entry, ("codes", code), problems)) is not None
            }
        else:
            made[name] = section(kinds[name].type, table, (name,), problems)
    return Profile(**made)

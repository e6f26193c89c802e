"""Templates of a web application: everything is escaped, a name that is missing is an error.

A template gets these words besides its own: `t` (a text of the catalogue), `say` and `marked` for
texts, `moment`, `clock`, `day`, `number` and `duration` for what a person reads. Times are shown in
the ward's zone.
"""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import jinja2
from markupsafe import Markup

from hub.messages.local_time import LOCAL
from hub.texts import Language, Text, both
from hub.texts import catalog as texts


def make_environment(folder: Path, language: Language) -> jinja2.Environment:
    """Return the templates of a folder in a language."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        t=partial(_text, language),
        language=language.value,
        languages=[each.value for each in Language],
    )
    made.filters.update(
        say=partial(_in_language, language),
        marked=partial(_marked, language),
        moment=moment,
        clock=clock_time,
        day=_day,
        number=partial(_number, language),
        duration=partial(duration, language),
    )
    return made


def _text(language: Language, id: str, /, **values: object) -> str:
    # Of the module, not by its name: a template names the id, and a test reads the templates.
    return texts.text_in(language, id, **values)


def _in_language(language: Language, value: Text | str) -> str:
    return value.in_language(language) if isinstance(value, Text) else value


def _marked(language: Language, value: Text | str) -> Markup:
    """Return a sentence with what stands in backticks, as commands do, set as code."""
    parts = _in_language(language, value).split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(part) if n % 2 else part for n, part in enumerate(parts))


def moment(value: datetime) -> str:
    """Return a moment as a person reads it, in the ward's zone."""
    return f"{value.astimezone(LOCAL):%H:%M %d/%m/%Y}"


def clock_time(value: datetime) -> str:
    """Return the time of day in the ward's zone."""
    return f"{value.astimezone(LOCAL):%H:%M:%S}"


def _day(value: datetime) -> str:
    return f"{value.astimezone(LOCAL):%d/%m/%Y}"


def _number(language: Language, value: int) -> str:
    """Return a number with its thousands apart, as the language writes it."""
    written = f"{value:,}"
    return written.replace(",", ".") if language is Language.VI else written


_UNITS = (
    ("days", timedelta(days=1)),
    ("hours", timedelta(hours=1)),
    ("minutes", timedelta(minutes=1)),
)
_SECOND = timedelta(seconds=1)


def duration(language: Language, value: timedelta) -> str:
    """Return a duration in its largest whole unit; below ten seconds with a part of a second."""
    for name, unit in _UNITS:
        if value >= unit * 2:
            return both(f"console.duration_{name}", count=value // unit).in_language(language)
    seconds = f"{value / _SECOND:.1f}" if value < 10 * _SECOND else str(value // _SECOND)
    shown = seconds.replace(".", ",") if language is Language.VI else seconds
    return both("console.duration_seconds", count=shown).in_language(language)

"""What every form that acts carries: its id, a reason, and when its page was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.console.frame.sent_form import is_form_id
from hub.texts import Explained, Text, both

ID, REASON, SEEN_AT = "form_id", "reason", "seen_at"
LONGEST_REASON = 500
HOURS = (1, 2, 4, 8, 24, 72)
"""For how many hours a person may pause a partner, take an incident or silence a rule."""


class FormRefused(Explained):
    """What was typed cannot be carried out; the text says which field, and what to type."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent."""

    id: str
    reason: str
    fields: Mapping[str, str]
    """All of the form, these two included."""

    def get(self, name: str, *, longest: int = 200) -> str:
        """Return a field without spaces around, "" for none. Raises FormRefused."""
        value = self.fields.get(name, "").strip()
        if len(value) > longest:
            raise FormRefused(both("forms.too_long", longest=longest, field=label(name)))
        return value

    @property
    def version(self) -> str:
        """The version of the thing that the page showed. Raises FormRefused."""
        version = self.get("version")
        if not version:
            raise FormRefused(both("forms.no_id"))
        return version


def label(name: str) -> Text:
    """Return what a person reads of a field."""
    return both(f"forms.field_{name}")


def read(form: Mapping[str, str]) -> Filled:
    """Return a form. Raises FormRefused where it has no id or no reason."""
    id = form.get(ID, "")
    if not is_form_id(id):
        raise FormRefused(both("forms.no_id"))
    filled = Filled(id, form.get(REASON, "").strip(), form)
    if not filled.get(REASON, longest=LONGEST_REASON):
        raise FormRefused(both("forms.no_reason"))
    return filled


def moment(text: str) -> datetime | None:
    """Return the time of a field, None for what is none with a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def end_of_hours(form: Filled, now: datetime) -> datetime:
    """Return when the hours end that were chosen, one of HOURS. Raises FormRefused."""
    hours = form.get("hours")
    if hours not in map(str, HOURS):
        raise FormRefused(both("forms.no_id"))
    return now + timedelta(hours=int(hours))

"""Satisfaction slips from the kiosk: one for each dossier or ticket, sent in as a message.

A slip of a ticket names nobody. One of a dossier names its number, which the page says.
"""

from collections.abc import Mapping

from hub.counter.parts import CounterParts
from hub.messages import catalog
from hub.messages.invalid import InvalidMessage
from hub.messages.payloads import SurveySubmitted
from hub.operations.counter.look_up import look_up, whole_number
from hub.records.registers import surveys
from hub.rules.counter.tickets import TicketState, office_day, read_label
from hub.store.counter import tickets
from hub.texts import Explained, Text, both

SCORE = "score_"
"""What the name of an answer's field begins with; the criterion's code follows."""


class SlipRefused(Explained):
    """There is no such ticket, or nothing was answered; the text says which."""


class SurveySlips:
    """The slips of one installation."""

    def __init__(self, parts: CounterParts) -> None:
        self._parts = parts

    @property
    def form(self) -> surveys.Form:
        """The form in force today."""
        today = office_day(self._parts.clock())
        return [it for it in surveys.load() if it.valid_from <= today][-1]

    def subject(self, form: Mapping[str, str], *, kiosk: str) -> tuple[str, str]:
        """Return the slip's id, and the dossier number ("" for a ticket's).

        Raises SlipRefused and LookUpRefused.
        """
        parts, now = self._parts, self._parts.clock()
        if form.get("number"):
            number = whole_number(form["number"][:64], parts.agency)
            check = form.get("check", "")[:64]
            found = look_up(parts.store, number, check, kiosk=kiosk, now=now)
            return f"kiosk {found.number}", found.number
        label = read_label(form.get("ticket", "")[:64])
        if label is None:
            raise SlipRefused(both("kiosk.no_ticket"))
        with parts.store.read() as tx:
            ticket = tickets.of_label(tx, office_day(now), *label)
        if ticket is None or ticket.state is TicketState.WAITING:
            raise SlipRefused(both("kiosk.no_ticket"))
        return f"kiosk {ticket.day} {ticket.label}", ""

    def keep(self, form: Mapping[str, str], *, kiosk: str) -> Text:
        """Keep the answers unless the slip was given before; return what the person reads.

        Raises SlipRefused and LookUpRefused.
        """
        codes = {it.code for it in self.form.criterion}
        scores = {
            name.removeprefix(SCORE): int(value)
            for name, value in form.items()
            if name.startswith(SCORE) and name.removeprefix(SCORE) in codes
            if value in ("0", "1", "2")
        }
        if not scores:
            raise SlipRefused(both("kiosk.nothing_answered"))
        slip, number = self.subject(form, kiosk=kiosk)
        now = self._parts.clock()
        payload = SurveySubmitted(slip=slip, scores=scores, submitted_at=now, number=number)
        try:
            accepted = self._parts.intake.accept(catalog.compose(payload, time=now, source=kiosk))
        except InvalidMessage as refused:
            if refused.code != "content_differs":
                raise
            return both("kiosk.given_before")
        return both("kiosk.given_before" if accepted.duplicate else "kiosk.thanks")

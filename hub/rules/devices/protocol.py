"""The protocol of an acceptance, to read and to print and sign. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

from hub.messages.local_time import LOCAL
from hub.rules.devices.acceptance import ProtocolRow, all_passed, kind_text
from hub.texts import text

_STYLE: Final = (
    "body{font:11pt sans-serif;margin:15mm}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #333;padding:4px 6px;text-align:left;vertical-align:top}"
    ".sign{display:flex;justify-content:space-between;margin-top:15mm;text-align:center}"
    "tr{break-inside:avoid}@page{size:A4 landscape}"
)
_SIGNATURE: Final = "." * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What was done, by whom, when."""

    answers: Sequence[ProtocolRow]
    who: str
    version: str
    begun: datetime
    ended: datetime

    def as_text(self) -> str:
        """Return it as lines."""
        lines = [text("acceptance.title").upper(), *self._head(), ""]
        for number, row in enumerate(self._rows(), 1):
            lines.append(f"{number}.")
            lines += [f"  {name}: {cell}" for name, cell in zip(_columns(), row, strict=True)]
        lines += ["", *(f"{name}: {_SIGNATURE}\n" for name in _signers())]
        return "\n".join(lines)

    def as_html(self) -> str:
        """Return it as a page that needs nothing from elsewhere."""
        title = escape(text("acceptance.title"))
        head = "".join(f"<p>{escape(it)}</p>" for it in self._head())
        columns = "".join(f"<th>{escape(it)}</th>" for it in _columns())
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in self._rows()
        )
        signs = "".join(f"<p>{escape(it)}<br><br><br>{_SIGNATURE}</p>" for it in _signers())
        return (
            f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{head}"
            f"<table><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table>"
            f'<div class="sign">{signs}</div></body></html>\n'
        )

    def _head(self) -> list[str]:
        passed = all_passed(self.answers)
        times = {"begun": _time(self.begun), "ended": _time(self.ended)}
        return [
            text("acceptance.done_by", who=self.who, version=self.version, **times),
            text("acceptance.all_passed" if passed else "acceptance.not_all"),
        ]

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for it in self.answers:
            place = f"{it.device} ({it.place})" if it.place else it.device
            outcome = f"{it.outcome.text}: {it.remark}" if it.remark else str(it.outcome.text)
            yield (
                place,
                str(kind_text(it.kind)),
                str(it.task),
                str(it.seen),
                outcome,
                _time(it.at),
            )


def _columns() -> tuple[str, ...]:
    return (
        text("headings.device"),
        text("headings.kind"),
        text("acceptance.column_asked"),
        text("acceptance.column_observed"),
        text("headings.outcome"),
        text("headings.at"),
    )


def _signers() -> tuple[str, str]:
    return text("acceptance.signed_by_officer"), text("acceptance.signed_by_supplier")


def _time(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%d/%m/%Y %H:%M:%S}"

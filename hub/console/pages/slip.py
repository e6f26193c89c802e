"""The control slip of a dossier as a page for paper (phiếu kiểm soát quá trình giải quyết hồ sơ).

The applicant's name is a line for the pen, but for a visitor who gave a reason to see it. A visitor
of one partner gets the hand-overs to and from that partner.
"""

from fastapi import FastAPI, Request
from fastapi.responses import Response

from hub.console.dossiers.barcode import barcode
from hub.console.dossiers.due_date import procedure_of, rules
from hub.console.frame.rendering import PageView, render
from hub.console.frame.visitor import Who, sees_partner
from hub.console.links import dossier, slip
from hub.console.pages.dossier import may_unmask, seen_by
from hub.console.parts import Parts
from hub.records.dossiers import control_slip
from hub.records.dossiers.numbering import is_dossier_number
from hub.records.papers.slip_rows import printed
from hub.rules.users.visitor import Visitor
from hub.texts import both


def install(app: FastAPI, parts: Parts) -> None:
    """Add the page; before that of dossiers, whose address takes every number."""

    @app.get("/dossiers/{number:path}/slip")
    def page(request: Request, number: str, who: Who) -> Response:
        return render(request, of_dossier(parts, who, number), who, now=parts.clock())


def of_dossier(parts: Parts, who: Visitor, number: str, *, unmasked: bool = False) -> PageView:
    """Return the slip of a dossier; `unmasked`: with the applicant's name. Raises NotHere."""
    with parts.store.read() as tx:
        found, thing = seen_by(tx, who, number)
        made = control_slip.of_dossier(
            tx, found.number, shows=lambda partner: sees_partner(who, partner)
        )
    known = found.dossier
    return PageView(
        template="slip.html",
        title=both("trail.title", dossier=found.number),
        values={
            "it": made,
            "rows": printed(made.rows),
            "unit": rules().unit,
            "procedure": known and procedure_of(known),
            "applicant": known.applicant.name if known and unmasked else None,
            "may_unmask": may_unmask(who, thing) and not unmasked and known is not None,
            "code": barcode(found.number) if is_dossier_number(found.number) else "",
            "place": slip(found.number),
            "dossier": dossier,
        },
        thing=thing,
    )

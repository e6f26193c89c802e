"""Personal data for one view: shown with a reason by who has the right, and audited each time.

The answer to the form is the page itself with the data, not an address: to see it again the reason
is sent again, and audited again.
"""

from functools import partial

from fastapi import FastAPI
from fastapi.responses import Response

from hub.console import links
from hub.console.forms.acting import Posted, view
from hub.console.forms.allowing import allowing
from hub.console.links import delivery, dossier
from hub.console.pages import slip
from hub.console.pages.dossier import of_delivery, of_dossier
from hub.console.parts import Parts


def install(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.post("/deliveries/{id}/unmask")
    def unmask_delivery(id: int, posted: Posted) -> Response:
        who = posted.who
        page = partial(of_delivery, parts, who, id)
        allow = allowing(parts, who, "delivery.unmask", str(id))
        return view(posted, parts, allow=allow, page=page, path=delivery(id))

    @app.post("/dossiers/{number:path}/slip/unmask")
    def unmask_slip(number: str, posted: Posted) -> Response:
        who = posted.who
        page = partial(slip.of_dossier, parts, who, number)
        allow = allowing(parts, who, "dossier.unmask", number[:120])
        return view(posted, parts, allow=allow, page=page, path=links.slip(number))

    @app.post("/dossiers/{number:path}/unmask")
    def unmask_dossier(number: str, posted: Posted) -> Response:
        who = posted.who
        page = partial(of_dossier, parts, who, number)
        allow = allowing(parts, who, "dossier.unmask", number[:120])
        return view(posted, parts, allow=allow, page=page, path=dossier(number))

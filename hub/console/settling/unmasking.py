"""Personal data for one view: shown with a reason by who has the right, and audited each time.

The answer to the form is the page itself with the data, not an address: to see it again the reason
is sent again, and audited again.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import Response

from hub.console import links
from hub.console.forms.acting import view
from hub.console.forms.allowing import allowing
from hub.console.frame.visitor import visitor
from hub.console.links import delivery, dossier
from hub.console.pages import slip
from hub.console.pages.dossier import of_delivery, of_dossier
from hub.console.parts import Parts
from hub.console.sign_in.forms import fields
from hub.rules.users.visitor import Visitor

Who = Annotated[Visitor, Depends(visitor)]
Form = Annotated[Mapping[str, str], Depends(fields)]


def install(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.post("/deliveries/{id}/unmask")
    def unmask_delivery(request: Request, id: int, who: Who, form: Form) -> Response:
        page = partial(of_delivery, parts, who, id)
        allow = allowing(parts, who, "delivery.unmask", str(id))
        return view(request, parts, who, form, allow=allow, page=page, path=delivery(id))

    @app.post("/dossiers/{number:path}/slip/unmask")
    def unmask_slip(request: Request, number: str, who: Who, form: Form) -> Response:
        page = partial(slip.of_dossier, parts, who, number)
        allow = allowing(parts, who, "dossier.unmask", number[:120])
        return view(request, parts, who, form, allow=allow, page=page, path=links.slip(number))

    @app.post("/dossiers/{number:path}/unmask")
    def unmask_dossier(request: Request, number: str, who: Who, form: Form) -> Response:
        page = partial(of_dossier, parts, who, number)
        allow = allowing(parts, who, "dossier.unmask", number[:120])
        return view(request, parts, who, form, allow=allow, page=page, path=dossier(number))

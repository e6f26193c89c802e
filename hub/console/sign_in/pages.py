"""The pages of the sign-in: password, code, first change of the password, a form sent again."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from hub.console.frame.rendering import PageView, render
from hub.console.links import SIGN_IN
from hub.console.parts import Parts
from hub.console.sign_in import cookies
from hub.console.sign_in.forms import KeptForm
from hub.console.sign_in.identity import signed_in
from hub.operations.users.opening import OpenedSession
from hub.rules.users.sign_in import SessionStage
from hub.texts import Text, both
from hub.web.language import own_path

_TEMPLATES = {
    SessionStage.CODE: "sign_in/code.html",
    SessionStage.PASSWORD: "sign_in/new_password.html",
}


def name_page(
    request: Request,
    parts: Parts,
    *,
    back: str = "/",
    kept: str = "",
    wrong: Text | None = None,
    status: int = 200,
) -> Response:
    """Return the page that asks for name and password; `kept`: a form that waits, as text."""
    page = PageView(
        template="sign_in/name.html",
        title=both("console.failure_401" if status == 401 else "sign_in.title"),
        values={**_values(back=back, kept=kept, wrong=wrong), "provider": _provider(parts)},
        status=status,
    )
    return render(request, page, None, now=parts.clock())


def stage_path(back: str) -> str:
    """Return the address of the stage at which the sign-in is, that leads back afterwards."""
    return f"/sign-in/code?{urlencode({'back': back})}"


def stage_page(
    request: Request,
    parts: Parts,
    stage: SessionStage,
    form: Mapping[str, str],
    *,
    wrong: Text | None = None,
) -> Response:
    """Return the page of a stage that is not whole."""
    wants_code = stage is SessionStage.CODE
    page = PageView(
        template=_TEMPLATES[stage],
        title=both("sign_in.code_title") if wants_code else both("sign_in.new_password_title"),
        values=_values(back=form.get("back", "/"), kept=form.get("kept", ""), wrong=wrong),
        status=200 if wrong is None else 422,
    )
    return render(request, page, None, now=parts.clock())


def goes_on(
    request: Request, parts: Parts, opened: OpenedSession, form: Mapping[str, str]
) -> Response:
    """Return the page after a right step: the next stage, the form that waits, or the way back."""
    if opened.stage is not SessionStage.WHOLE:
        answer = stage_page(request, parts, opened.stage, form)
    elif KeptForm.read_of(form.get("kept", ""), opened.user) is not None:
        answer = waiting_form_entry(request, parts, form["kept"])
    else:
        answer = RedirectResponse(own_path(form.get("back", "/")), status_code=303)
    cookies.keep(answer, opened)
    return answer


def waiting_form_entry(request: Request, parts: Parts, kept: str) -> Response:
    """Return a page that leads to the waiting form: the next request comes with the new session."""
    page = PageView(
        template="sign_in/signed_in.html",
        title=both("sign_in.kept_title"),
        values={"kept": kept},
    )
    return render(request, page, None, now=parts.clock())


def signed_out_page(request: Request, parts: Parts) -> Response:
    """Return the page after a sign-out: the person is still signed in at the provider.

    By a link: the policy of the pages allows no form to lead out of the console.
    """
    page = PageView(
        template="sign_in/signed_out.html",
        title=both("sign_in.signed_out"),
        values={"issuer": parts.oidc_issuer},
        path=SIGN_IN,
    )
    return render(request, page, None, now=parts.clock())


def again_page(request: Request, parts: Parts, kept: KeptForm | None) -> Response:
    """Return the page that shows what was typed, to be sent again under this session.

    `kept`: None where nothing may be shown, so that the page says only that nothing was done.
    """
    page = PageView(
        template="sign_in/again.html",
        title=both("sign_in.kept_title"),
        values={"kept": kept},
        status=409,
    )
    found = signed_in(request)
    return render(request, page, found.visitor if found else None, now=parts.clock())


def _provider(parts: Parts) -> Text | str:
    """Return what stands on the button of the provider of identities, "" without one."""
    if parts.identities is None:
        return ""
    return parts.identities.button or both("identities.button")


def _values(*, back: str, kept: str, wrong: Text | None) -> dict[str, object]:
    return {
        "back": own_path(back),
        "kept": kept if KeptForm.read(kept) is not None else "",
        "wrong": wrong,
    }

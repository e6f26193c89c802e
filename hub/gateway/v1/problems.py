"""Refusals as `application/problem+json` (RFC 9457): code, both languages, what to do."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from fastapi.responses import JSONResponse

from hub.gateway.partner_calls.refusals import RefusedCall
from hub.rules.failures import fault_catalog
from hub.rules.failures.fault_catalog import Explanation

MEDIA_TYPE = "application/problem+json"


def problem(refused: RefusedCall, *, address: str, path: str) -> JSONResponse:
    """Return the answer to a refused call; `type` is the address of what to do about it."""
    text = refused.text
    document: dict[str, Any] = {
        "type": refused.guide(address),
        "title": text.vi,
        "title_en": text.en,
        "status": refused.status,
        "code": refused.code,
        "instance": path,
    }
    if refused.why:
        document["detail"] = refused.why
    if refused.where:
        document["where"] = refused.where
    document |= refused.members
    headers = dict(refused.headers)
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    return JSONResponse(document, refused.status, headers=headers, media_type=MEDIA_TYPE)


def guide(code: str) -> Mapping[str, Any] | None:
    """Return what a code means and what to do, in both languages; None for an unknown one."""
    return _guides().get(code)


@cache
def _guides() -> Mapping[str, Mapping[str, Any]]:
    """Return all of them, read once: callers without a token may ask."""
    return {own.code: _guide(own) for own in fault_catalog.load({})}


def _guide(own: Explanation) -> dict[str, Any]:
    return {
        "code": own.code,
        "title": own.cause["vi"],
        "title_en": own.cause["en"],
        "action": own.to_do["vi"],
        "action_en": own.to_do["en"],
        "who": list(own.who),
        "runbook": f"docs/runbook/fault-codes.md#{own.code}",
    }

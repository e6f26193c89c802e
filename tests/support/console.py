"""The console for tests: its application over a store, with a visitor who needs no sign-in."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI, Request

from hub.console.app import create_app
from hub.console.frame.visitor import visitor
from hub.console.parts import Parts
from hub.console.sign_in.forms import TOKEN, fields
from hub.exchange.outbox.emit import emit
from hub.gateway.serve import WebRole
from hub.messages.envelope import Message
from hub.messages.partners import PARTNERS
from hub.rules.deliveries.states import DeliveryState as S
from hub.rules.users.rights import RIGHTS_OF, UserRole
from hub.rules.users.scope import ALL, Scope
from hub.rules.users.visitor import Visitor
from hub.store.deliveries import attempts, transitions
from hub.store.engine.store import Store, Tx
from hub.store.schema.tables.exchange import deliveries
from tests.support.works import AT, now

TO = "provincial"


def person(role: UserRole, *, scope: Scope = ALL, name: str = "binh") -> Visitor:
    """Return somebody with the rights of a role; made up."""
    return Visitor(
        name=name,
        full_name="Trần Thị Bình",
        role=role,
        rights=RIGHTS_OF[role],
        scope=scope,
        actor=f"Trần Thị Bình (account {name})",
    )


NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Without authorities: reading those of the system takes longer than most tests."""


@contextmanager
def looking(
    store: Store,
    *,
    role: UserRole = UserRole.HEAD,
    scope: Scope = ALL,
    clock: Callable[[], datetime] = now,
    signed_in: bool = True,
    language: str = "en",
    broker_url: str = "",
    management_url: str = "",
    code_key: Callable[[], bytes | None] = lambda: None,
    more: Callable[[FastAPI], object] = lambda _app: None,
    name: str = "binh",
    port: int = 0,
    **others: Any,
) -> Iterator[httpx.Client]:
    """Give a browser at the console, served as in a hub; `more` adds routes, `others` are parts."""
    parts = Parts(
        store=store,
        clock=clock,
        destinations=(*PARTNERS, "devices"),
        broker_url=broker_url,
        management_url=management_url,
        code_key=code_key,
        agency="000.99.01.H57",
        **others,
    )
    app = create_app(parts)
    more(app)
    if signed_in:
        app.dependency_overrides[visitor] = lambda: person(role, scope=scope, name=name)
        forms_without_session(app)
    served = WebRole(app, name="console", host="127.0.0.1", port=port)
    served.start()
    url, headers = f"http://127.0.0.1:{served.port}", {"accept-language": language}
    with httpx.Client(base_url=url, headers=headers, timeout=30, verify=NO_TLS) as browser:
        yield browser
    served.stop()


def forms_without_session(app: FastAPI) -> None:
    """Have the console take forms of the visitor who needs no sign-in; for `looking`."""

    async def typed(request: Request) -> Mapping[str, str]:
        return {name: it for name, it in request.state.form.items() if name != TOKEN}

    app.dependency_overrides[fields] = typed


def dead(tx: Tx, message: Message, *, code: str = "partner_refused", detail: str = "x") -> int:
    """Have one message that its partner refused for good; return its delivery."""
    id = sending(tx, message)
    transitions.kill(tx, id, from_state=S.SENDING, code=code, detail=detail)
    return id


def sending(tx: Tx, message: Message) -> int:
    """Have one message that is being sent; return its delivery."""
    emit(tx, [message], AT)
    chosen = sa.select(deliveries.c.id).where(deliveries.c.message_id == message.id)
    id: int = tx.execute(chosen).scalar_one()
    transitions.claim(tx, [id], TO, now=AT, lease_until=AT)
    attempts.start(tx, [(id, 1)], now=AT)
    return id

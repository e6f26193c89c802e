"""Whether a visitor may read personal data of a thing; each read is audited before it happens."""

from collections.abc import Callable

from hub.console.frame.visitor import demand
from hub.console.parts import Parts
from hub.operations.signed_by import SignedBy
from hub.rules.users.rights import Right
from hub.rules.users.scope import Thing
from hub.rules.users.visitor import Visitor
from hub.store.evidence import audit


def allowing(
    parts: Parts, who: Visitor, action: str, object: str
) -> Callable[[Thing, SignedBy], None]:
    """Return what checks the rights over a thing and audits the read."""

    def allow(thing: Thing, by: SignedBy) -> None:
        demand(who, Right.BODY, thing)
        demand(who, Right.UNMASK, thing)
        with parts.store.write() as tx:
            audit.record(tx, action=action, object=object, **by)

    return allow

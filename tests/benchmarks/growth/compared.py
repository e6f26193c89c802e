"""Which commands the growth benchmark compares, and why it does not compare the others.

Every command of the hub is in one of the two (`tests/unit/benchmarks/test_growth_commands.py`).
"""

from collections.abc import Mapping

from tests.benchmarks.growth.questions import Known

_DECIDES = "changes what it is given by number, as a person's decision"
_BROKER = "is about the broker"
_NO_STORE = "does not read the store"
_ONCE = "makes the store anew, or all of it"
NOT_COMPARED: Mapping[str, str] = {
    "run": "the start is measured apart (`start_side`)",
    "archive run": "its rate is measured apart (`measured`)",
    "archive verify": "runs apart, after the archive was measured; reads files, not the store",
    "doctor": "asks broker and partners",
    "health": _NO_STORE + " but for the heartbeats of this machine",
    "demo": "brings its own store",
    "broker node": _BROKER,
    "topology validate": _BROKER,
    "topology plan": _BROKER,
    "topology apply": _BROKER,
    "topology adopt": _BROKER,
    "topology export": _BROKER,
    "simulate": _NO_STORE,
    "partners procedures": _NO_STORE,
    "partners show": _NO_STORE,
    "partners rehearse": "asks a partner",
    "version": _NO_STORE,
    "migrate": _ONCE,
    "broker requeue": _ONCE,
    "archive compact": _ONCE,
    "partners pause": _DECIDES,
    "partners drain": _DECIDES,
    "partners resume": _DECIDES,
    "replays start": _DECIDES,
    "replays pause": _DECIDES,
    "replays resume": _DECIDES,
    "replays cancel": _DECIDES,
    "replays list": "a row for each act of a person",
    "replays show": "the deliveries of one plan",
    "deliveries cancel": _DECIDES,
    "deliveries complete": _DECIDES,
    "deliveries resolve": _DECIDES,
    "deliveries resend": _DECIDES,
    "tasks done": _DECIDES,
    "faults classify": _DECIDES,
    "archive restore": _DECIDES,
    "archive erase": _DECIDES,
    "archive hold": _DECIDES,
    "archive release": _DECIDES,
    "clients add": _DECIDES,
    "clients change": _DECIDES,
    "clients rotate": _DECIDES,
    "clients retire": _DECIDES,
    "alerts ack": _DECIDES,
    "alerts silence": _DECIDES,
    "alerts test": _NO_STORE,
    "alerts watch": _NO_STORE,
    "devices check": _NO_STORE,
    "devices scan": _NO_STORE,
    "approvals approve": _DECIDES,
    "approvals refuse": _DECIDES,
    "approvals withdraw": _DECIDES,
    "users add": _DECIDES,
    "users change": _DECIDES,
    "users confirm": _DECIDES,
    "users retire": _DECIDES,
    "users reset-totp": _DECIDES,
    "users key": _DECIDES,
    "users revoke": _DECIDES,
    "webhooks list": "a few rows, and at most a page of the feed each",
    "webhooks add": _DECIDES,
    "webhooks rotate": _DECIDES,
    "webhooks retire": _DECIDES,
    "webhooks replay": _DECIDES,
    "webhooks test": _DECIDES,
    "webhooks resume": _DECIDES,
    "clients list": "a few rows of tables that do not grow",
    "alerts list": "a few rows of tables that do not grow",
    "alerts show": "a few rows of tables that do not grow",
    "devices list": "a row a device",
    "approvals list": "a few rows of tables that do not grow",
    "users list": "a few rows of tables that do not grow",
    "users sessions": "a few rows of tables that do not grow",
}


def compared(known: Known) -> dict[str, list[str]]:
    """Return the commands that are compared, as an operator would say them."""
    return {
        "verify": ["verify"],
        "top": ["top"],
        "deliveries attention": ["deliveries", "attention"],
        "partners pauses": ["partners", "pauses"],
        "tasks list": ["tasks", "list"],
        "dossier trail": ["dossier", "trail", known.dossier],
        "faults list": ["faults", "list"],
        "partners drift": ["partners", "drift"],
        "messages retry --plan": ["messages", "retry", "--plan"],
        "deliveries replay --plan": ["deliveries", "replay", "--plan", "--reason", "bench"],
        "partners compare --day": ["partners", "compare", "--day", f"{known.day:%Y-%m-%d}"],
        # Reads on from the anchor that the full verification has set when the store was checked.
        "audit verify --since": ["audit", "verify", "--since"],
        "archive holds": ["archive", "holds"],
    }

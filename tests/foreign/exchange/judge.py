"""What the hub says that it did, held against a foreign partner's own ledger: effect by effect.

For each dossier the ledger must show exactly the effects of the deliveries that the hub holds as
delivered, once each and in their order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.provincial import mapping
from adapters.provincial.comparison.record import TEXTS
from hub.messages import catalog, envelope
from hub.messages.envelope import Message
from hub.messages.folding import folded
from hub.messages.payloads import Payload, ProvinceDossier, ProvinceProgress
from hub.store.engine.store import Store

Effects = dict[str, list[str]]
"""By dossier number, in their order."""
_WORDS = TEXTS - {"DuongDanTaiTepTin", "DuongDanTepTinKetQua"}
"""Fields whose letters a stack may garble on the way; addresses of files differ by installation."""
OPEN = ("pending", "sending", "waiting", "held", "ambiguous", "dead")
_DELIVERED = """
SELECT journal.body FROM deliveries JOIN journal ON journal.id = deliveries.message_id
WHERE deliveries.destination = '{}' AND deliveries.state = 'delivered' ORDER BY deliveries.id
"""
_STATES = "SELECT state, count(*) FROM deliveries WHERE destination = '{}' GROUP BY state"


def states(store: Store, destination: str) -> dict[str, int]:
    """Return the deliveries of a destination by state."""
    with store.read() as tx:
        return {row[0]: row[1] for row in tx.exec_driver_sql(_STATES.format(destination))}


def still_open(store: Store, destination: str) -> dict[str, int]:
    """Return what is not at its end yet."""
    return {state: n for state, n in states(store, destination).items() if state in OPEN}


def delivered(store: Store, destination: str) -> Effects:
    """Return what the hub holds as delivered."""
    with store.read() as tx:
        bodies = tx.exec_driver_sql(_DELIVERED.format(destination)).scalars().all()
    found: Effects = defaultdict(list)
    for body in bodies:
        message = envelope.decode(body)
        found[message.key].append(_named(message, catalog.read(message)))
    return dict(found)


def _named(message: Message, payload: Payload) -> str:
    match payload:
        case ProvinceDossier():
            record = mapping.dossier_fields(payload, message.attachments, file_base_url="x")
            return _record("update" if payload.update else "register", record)
        case ProvinceProgress():
            return _step(mapping.step_fields(payload))
    return f"{message.type} {message.id}"


def in_province(entries: Iterable[Mapping[str, Any]]) -> Effects:
    """Return what a foreign province's ledger shows."""
    found: Effects = defaultdict(list)
    for entry in entries:
        record = entry["record"]
        named = _step(record) if entry["what"] == "step" else _record(entry["what"], record)
        found[entry["number"]].append(named)
    return dict(found)


TOWN_TYPES = {
    "transfer": "town.transfer",
    "supplement": "town.supplement",
    "returned": "town.result_returned",
}


def in_town(entries: Iterable[Mapping[str, Any]]) -> Effects:
    """Return what the foreign town's ledger shows of the hub's calls."""
    found: Effects = defaultdict(list)
    for entry in entries:
        if entry["what"] in TOWN_TYPES:
            found[entry["number"]].append(f"{TOWN_TYPES[entry['what']]} {entry['messageId']}")
    return dict(found)


def _record(what: str, record: Mapping[str, Any]) -> str:
    papers = record.get("TaiLieuNop") or []
    hashes = sorted(paper["MaBamTepTin"][:8] for paper in _listed(papers))
    words = sorted(_words(record) + [it for paper in _listed(papers) for it in _words(paper)])
    head = f"{what} {record['TrangThaiHoSo']} {record.get('NgayTra') or ''} {','.join(hashes)}"
    return f"{head} {' '.join(words)}"


def _step(record: Mapping[str, Any]) -> str:
    names = ("TrangThai", "ThoiDiemXuLy")
    head = ["step", *(str(record.get(name) or "") for name in names)]
    return " ".join([*head, *sorted(_words(record))])


def _words(record: Mapping[str, Any]) -> list[str]:
    """Return the texts of a record as a person reads them; an empty one is like none."""
    return [f"{name}={folded(str(it))}" for name in _WORDS if (it := record.get(name))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def wrong(ours: Effects, theirs: Effects) -> list[str]:
    """Return in words what does not agree; nothing when every effect is there once and in order."""
    problems = []
    for number in sorted({*ours, *theirs}):
        hub, partner = ours.get(number, []), theirs.get(number, [])
        if hub == partner:
            continue
        doubled = [effect for effect in partner if partner.count(effect) > hub.count(effect)]
        lost = [effect for effect in hub if hub.count(effect) > partner.count(effect)]
        kind = "doubled" if doubled else "lost" if lost else "out of order"
        problems.append(f"{number} {kind}: {doubled or lost or (hub, partner)}")
    return problems

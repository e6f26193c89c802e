"""The form of the replies: encoding, compression, echo, and all that the contract does not have."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from adapters.wire.reading import Reply
from adapters.wire.reading.content import unpacked
from adapters.wire.reading.transport import charset
from adapters.wire.reading.transport.package import media_type
from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import HeardReply, Mark, RehearsalFinding
from hub.ports import DriftKind
from hub.rules.failures.errors import DeliveryFailure
from hub.texts import both

_OLD = ("windows-1258", "windows-1252")
"""Charsets of old Vietnamese programs that do not name their charset."""
MOST = 12
"""Places of one kind of drift that are listed."""


def form(context: Context) -> Iterator[RehearsalFinding]:
    """Tell of all replies so far."""
    replies = [heard.reply for heard in context.replies if heard.reply is not None]
    yield _encoding(context, replies)
    coded = sorted({it.header("content-encoding") for it in replies} - {"", "identity"})
    if coded:
        names = ", ".join(coded)
        yield RehearsalFinding(
            "form", Mark.OK, both("rehearsal.form_compressed_is_read", names=names)
        )
    yield _echo(context)
    yield from _drift(context.replies)


def _encoding(context: Context, replies: Sequence[Reply]) -> RehearsalFinding:
    named, real = set(), set()
    for reply in replies:
        kind = media_type(reply.header("content-type"))
        try:
            body = unpacked(reply)
        except DeliveryFailure:
            continue
        inside = charset.declared(body.lstrip(b"\xef\xbb\xbf \t\r\n")[:300])
        named.add(f"{kind.name or '-'} {kind.charset or inside or '-'}")
        real.add(_real(body))
        if not kind.charset and not inside and _real(body) == "?":
            _learn_charset(context, body)
    texts = (", ".join(sorted(named)) or "-", ", ".join(sorted(real)) or "-")
    learned = any(line.path == ("encodings", "charset") for line in context.proposal.lines)
    return RehearsalFinding(
        "form",
        Mark.OK if "?" not in real or learned else Mark.ATTENTION,
        both("rehearsal.encoding", declared=texts[0], real=texts[1]),
    )


def _real(body: bytes) -> str:
    """Return the encoding that the bytes are in, "?" where that cannot be seen."""
    if body.startswith(b"\xef\xbb\xbf"):
        return "UTF-8 + BOM"
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body[:4]:
        return "UTF-16"
    if body.isascii():
        return "ASCII"
    try:
        body.decode()
    except UnicodeDecodeError:
        return "?"
    return "UTF-8"


def _learn_charset(context: Context, body: bytes) -> None:
    for name in _OLD:
        try:
            body.decode({"windows-1258": "cp1258", "windows-1252": "cp1252"}[name])
        except UnicodeDecodeError:
            continue
        context.learn(("encodings", "charset"), name, both("rehearsal_reasons.charset"))
        return


def _echo(context: Context) -> RehearsalFinding:
    header = context.partner.profile.echo.header
    if header:
        lost = sum(it.kind is DriftKind.ECHO for heard in context.replies for it in heard.drift)
        text = both("rehearsal.echo_lost" if lost else "rehearsal.echo_kept", header=header)
        return RehearsalFinding("form", Mark.ATTENTION if lost else Mark.OK, text)
    learned = any(line.path == ("echo", "header") for line in context.proposal.lines)
    return RehearsalFinding(
        "form",
        Mark.OK,
        both("rehearsal.echo_proposed" if learned else "rehearsal.echo_none"),
    )


def _drift(heard: Sequence[HeardReply]) -> Iterator[RehearsalFinding]:
    """List what the drift observer sees."""
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one in heard:
        for drift in one.drift:
            if drift.kind is not DriftKind.ECHO:
                found[drift.kind][f"{drift.operation} {drift.place}".strip()] = None
    if not found:
        yield RehearsalFinding("form", Mark.OK, both("rehearsal.form_as_the_contract_says"))
    for kind, places in sorted(found.items()):
        shown = "; ".join(list(places)[:MOST])
        more = f"; +{len(places) - MOST}" if len(places) > MOST else ""
        yield RehearsalFinding(
            "form",
            Mark.OK,
            both("rehearsal.form_not_as_the_contract", kind=kind, shown=shown, more=more),
        )

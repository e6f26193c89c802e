"""How a reply that the profile does not understand becomes a line of the proposal.

Each line is tried at once: the same reply is read anew under it, and a line that does not make the
hub understand the reply is taken back. A code that the profile knows with another meaning is never
given a new one here: two meanings are for a person.
"""

from dataclasses import dataclass, replace

from adapters.wire.login.login_end import has_one, has_phrase
from adapters.wire.profile import Code, Means
from adapters.wire.reading import Findings
from adapters.wire.reading.code_table import normal
from adapters.wire.reading.documents.soap import SoapFault, read_envelope
from adapters.wire.reading.documents.xml import page_in
from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.messages import kept, phrase
from adapters.wire.rehearsal.records import HeardReply
from hub.rules.failures.errors import AmbiguousFailure, kept_code
from hub.texts import Text, both, text

SESSION_STATUSES = frozenset({401, 403, 419, 440, 498})
"""HTTP statuses that other software uses for a login that is over."""
UNQUOTED = "type=password"


@dataclass(frozen=True, slots=True)
class Taught:
    """Whether the reply is understood now, and why not."""

    understood: bool
    problem: Text | None = None


def teach_code(
    context: Context, heard: HeardReply, means: Means, why: Text, *, secrets: tuple[str, ...] = ()
) -> Taught:
    """Have the reply's code mean this; `why` is the comment above the line."""
    reply = heard.reply
    if reply is None or not heard.code.strip():
        return Taught(False, both("rehearsal_reasons.no_code"))
    code = heard.code.strip()
    if kept_code(code) != code:
        return Taught(False, both("rehearsal_reasons.code_is_a_number"))
    name, known = _row_of(context, code)
    if known is not None and known.means is not means:
        problem = both("rehearsal_reasons.code_means_other", code=name, means=known.means)
        return Taught(False, problem)
    row = known or Code(means=means, statuses=())
    words = row.words
    shown_words = phrase(heard.message, secrets)
    wants_words = means is not Means.DONE and (known is None or bool(known.words))
    if wants_words and shown_words and not has_one(heard.message, words):
        words = (*words, shown_words)
    statuses = tuple(sorted({*row.statuses, reply.status}))
    value = Code(
        means=means, words=words, never=row.never, except_for=row.except_for, statuses=statuses
    )
    return _tried(context, ("codes", name), value, heard, means, why)


def _row_of(context: Context, code: str) -> tuple[str, Code | None]:
    for name, row in context.proposal.profile.codes.items():
        if normal(name) == normal(code):
            return name, row
    return code, None


def words_of(heard: HeardReply, secrets: tuple[str, ...]) -> str:
    """Return status, code and words of a reply, for the comment above a line."""
    return f"{_form(heard)} {kept(heard.message, secrets)}".strip()


def teach_end(
    context: Context, heard: HeardReply, why: Text, *, secrets: tuple[str, ...]
) -> Taught:
    """Have the reply say that the login is over, by whatever it says that with.

    `why` is the comment above the line: which login it was, and `words_of` the reply.
    """
    reply = heard.reply
    if reply is None:
        return Taught(False, both("rehearsal_reasons.no_reply"))
    session = context.proposal.profile.session
    fault = _fault(heard)
    if fault is not None:
        return _teach_fault(context, heard, fault, why, secrets)
    if heard.code.strip():
        return teach_code(context, heard, Means.SESSION_OVER, why, secrets=secrets)
    if reply.status in SESSION_STATUSES:
        value = tuple(sorted({*session.statuses, reply.status}))
        return _tried(context, ("session", "statuses"), value, heard, Means.SESSION_OVER, why)
    if 300 <= reply.status < 400:
        target = reply.header("location").partition("?")[0]
        mark = target.rpartition("//")[2].partition("/")[2]
        if mark:
            marks = (*session.page_marks, f"/{mark}")
            return _tried(context, ("session", "page_marks"), marks, heard, Means.SESSION_OVER, why)
    page = page_in(reply)
    if has_one(page, (UNQUOTED,)):
        marks = (*session.page_marks, UNQUOTED)
        return _tried(context, ("session", "page_marks"), marks, heard, Means.SESSION_OVER, why)
    return Taught(False, both("rehearsal_reasons.no_sign"))


def _teach_fault(
    context: Context, heard: HeardReply, fault: SoapFault, why: Text, secrets: tuple[str, ...]
) -> Taught:
    session = context.proposal.profile.session
    codes, words = session.fault_codes, session.words
    if not has_phrase(fault.text, words):
        found = phrase(fault.text, secrets)
        if not found:
            return Taught(False, both("rehearsal_reasons.fault_is_silent"))
        words = (*words, found)
    if fault.name.casefold() not in {it.casefold() for it in codes}:
        codes = (*codes, fault.name)
    # The words first: codes without words contradict each other.
    if words != session.words and (problem := context.learn(("session", "words"), words, why)):
        return Taught(False, problem)
    if codes != session.fault_codes:
        return _tried(context, ("session", "fault_codes"), codes, heard, Means.SESSION_OVER, why)
    return _tried(context, ("session", "words"), words, heard, Means.SESSION_OVER, why)


def _tried(
    context: Context,
    path: tuple[str, ...],
    value: object,
    heard: HeardReply,
    means: Means,
    why: Text,
) -> Taught:
    problem = context.learn(path, value, why)
    if problem:
        return Taught(False, problem)
    if context.partner.again(heard).means is means:
        return Taught(True)
    context.unlearn(path)
    return Taught(False, both("rehearsal_reasons.contradicts_itself"))


def _fault(heard: HeardReply) -> SoapFault | None:
    reply = heard.reply
    if reply is None or (b"Fault" not in reply.body and "content-encoding" not in reply.headers):
        return None
    try:
        found = read_envelope(replace(reply, findings=Findings()))
    except AmbiguousFailure:
        return None
    return found if isinstance(found, SoapFault) else None


def _form(heard: HeardReply) -> str:
    """Return status and code of a reply, as people read it."""
    parts = [f"HTTP {heard.reply.status}"] if heard.reply else []
    if heard.code.strip():
        parts.append(text("rehearsal_reasons.code", code=kept_code(heard.code.strip())))
    return ", ".join(parts)


def described(heard: HeardReply, secrets: tuple[str, ...] = ()) -> str:
    """Return what a call came to: status, code and words, or how it failed."""
    if heard.reply is None:
        failure = heard.failure
        return (
            f"{failure.code}: {failure.detail}" if failure else text("rehearsal_reasons.no_reply")
        )
    parts = [_form(heard)]
    fault = _fault(heard)
    if fault is not None:
        parts.append(f"SOAP fault {fault.name}: “{kept(fault.text, secrets)}”")
    elif heard.message.strip():
        parts.append(f"“{kept(heard.message, secrets)}”")
    if heard.end is not None and fault is None and not heard.code:
        parts[0] = heard.end.words  # names the status, too
    return ", ".join(part for part in parts if part)

"""The proposal's first trial: the hub's own questions about the test dossier, under the new lines.

After an unknown effect the hub asks so; each answer that is no receipt would leave a delivery with
a person.
"""

from collections.abc import Iterator

from adapters.wire.rehearsal.context import Context
from adapters.wire.rehearsal.records import Mark, RehearsalFinding
from adapters.wire.rehearsal.steps.registering import Registered
from hub.ports import Doubt, Receipt, Unclear
from hub.rules.failures.errors import DeliveryFailure
from hub.texts import both


def check(context: Context, there: Registered) -> Iterator[RehearsalFinding]:
    """Ask for everything that the partner said is done."""
    answers = context.partner.find(tuple(there.done))
    good, hidden, bad = 0, 0, []
    for name, answer in answers.items():
        if isinstance(answer, Receipt):
            good += 1
        elif isinstance(answer, Unclear) and answer.why is Doubt.NOT_SHOWN:
            hidden += 1
        else:
            bad.append(f"{name}: {_answer_text(answer)}")
    total = len(answers)
    if not bad:
        text = both("rehearsal.check_all", good=good, total=total, hidden=hidden)
        yield RehearsalFinding("check", Mark.OK, text)
        return
    listed = "; ".join(bad[:5])
    yield RehearsalFinding(
        "check",
        Mark.ATTENTION,
        both("rehearsal.check_the_hub_cannot_conclude", count=len(bad), total=total, listed=listed),
    )


def _answer_text(answer: object) -> str:
    if isinstance(answer, DeliveryFailure):
        return f"{answer.code}: {answer.detail}"
    if isinstance(answer, Unclear):
        return f"{answer.why} {', '.join(answer.differs)}".strip()
    return "absent"

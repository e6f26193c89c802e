"""`hub faults`: the fault dictionary, and codes that nobody knew until a person classified them."""

from typing import Annotated

import typer

from hub.bootstrap.installation import FAULT_DATA
from hub.cli.context import Actor, Reason, by, not_done, one_of, opened
from hub.cli.output import words
from hub.cli.output.answer import done, put, show
from hub.cli.output.listing import listing
from hub.messages import catalog
from hub.operations.deliveries.classify import CodeVerdict, NotClassified, classify
from hub.rules.failures import fault_catalog
from hub.store.repair.replies import fault_classes
from hub.texts import Language, Text, text

app = typer.Typer()
FAULTS = listing("faults", "*partner *code *hub_code cause owner what_to_do")
UNKNOWN = listing("unknown_codes", "*partner *operation *code seen verdict")
ANSWERS = {
    "list": (FAULTS, UNKNOWN),
    "classify": ("partner", "code", "verdict", "moved"),
}


@app.command("list")
def list_command(
    partner: Annotated[str, typer.Option(help="partner_or_own")] = "",
    code: Annotated[str, typer.Option(help="partner_code")] = "",
    language: Annotated[str, typer.Option(help="language")] = "",
) -> None:
    """Print the fault dictionary, and what has to be classified."""
    if language:
        one_of("--language", language, "vi", "en")
    show(
        FAULTS,
        [
            (
                *(it.partner or "own", it.code, it.ours),
                _in(language, it.cause),
                ", ".join(str(_owner(language, who)) for who in it.who),
                _in(language, it.to_do),
            )
            for it in fault_catalog.load(FAULT_DATA)
            if partner in ("", it.partner or "own") and code in ("", it.code, it.ours)
        ],
    )
    with opened() as store, store.read() as tx:
        unknown = [
            (
                *(row["partner"], row["operation"], row["code"], row["count"]),
                row["verdict"] or text("installation.to_classify"),
            )
            for row in fault_classes.tasks(tx)
        ]
    show(UNKNOWN, unknown, title=text("installation.unknown_codes"))


def _owner(language: str, who: str) -> object:
    return words.owner_text(who).in_language(Language(language)) if language else words.owner(who)


def _in(language: str, texts: dict[str, str]) -> object:
    return texts[language] if language else Text(**texts)


@app.command("classify")
def classify_command(
    partner: Annotated[str, typer.Argument(help="partner_name")],
    code: Annotated[str, typer.Argument(help="their_code")],
    verdict: Annotated[CodeVerdict, typer.Option("--as", help="verdict")],
    reason: Reason,
    operation: Annotated[str, typer.Option(help="only_operation")] = "",
    actor: Actor = "",
) -> None:
    """Say what an unknown code means."""
    one_of("PARTNER", partner, *sorted(catalog.PARTNERS))
    who = by(reason, actor)
    try:
        with opened() as store:
            moved = classify(store, partner, code, verdict, operation=operation, **who)
    except NotClassified as error:
        raise not_done(error) from None
    put(partner=partner, code=code, verdict=verdict, moved=moved)
    done(text("installation.classified", partner=partner, code=code, verdict=verdict, moved=moved))

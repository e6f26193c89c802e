"""Command line of the simulated town. Secrets come from files, never from arguments."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from adapters.simulation.faults import Faults
from adapters.simulation.ledger import Ledger
from adapters.simulation.options import add_dialect_options, dialect_of
from adapters.simulation.serve import run
from adapters.town_center.simulator.courier import Story
from adapters.town_center.simulator.desk import TownDesk


def main(argv: Sequence[str] | None = None) -> int:
    """Run the simulator until SIGTERM or SIGINT; return the exit code."""
    given = _parser().parse_args(argv)
    # The courier's threads must not hold the event loop up for Python's usual 5 ms.
    sys.setswitchinterval(0.0005)
    story = Story(
        hub_url=given.hub_url,
        callback_secret=given.callback_secret_file,
        file_token=given.file_token_file,
        public_url=given.public_url,
        seed=given.seed,
        supplement_share=given.supplement_share,
        until=given.until,
        pace=given.pace,
    )

    def make(ledger: Ledger, faults: Faults) -> TownDesk:
        return TownDesk(
            ledger,
            faults,
            story=story,
            client_id=given.client_id,
            client_secret=given.client_secret_file,
            token_seconds=given.token_seconds,
        )

    run(
        make,
        ledger=given.ledger,
        host=given.host,
        port=given.port,
        control_port=given.control_port,
        seed=given.seed,
        dialect=dialect_of(given),
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hub simulate town", description=__doc__)
    add = parser.add_argument
    add("--ledger", type=Path, required=True, help="file of the town's own ledger (SQLite)")
    add("--hub-url", required=True, help="address of the hub, for callbacks")
    add("--callback-secret-file", type=_secret, required=True, help="signs callbacks")
    add("--file-token-file", type=_secret, required=True, help="opens the hub's file endpoint")
    add("--client-id", default="ward", help="who may log in (default: %(default)s)")
    add("--client-secret-file", type=_secret, required=True, help="with which secret")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 takes a free one, told in the ready line")
    add("--control-port", type=int, default=0)
    add("--public-url", default="", help="the town's address for the hub, where it is another")
    add("--until", type=_moment, help="no step whose business time lies after it, with offset")
    add("--pace", type=_milliseconds, default=timedelta(), help="milliseconds before each step")
    add("--seed", type=int, default=0)
    add("--supplement-share", type=_share, default=0.2, help="0 to 1 (default: %(default)s)")
    add("--token-seconds", type=int, default=3600)
    add_dialect_options(parser)
    return parser


def _secret(path: str) -> str:
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None
    if not text:
        raise argparse.ArgumentTypeError(f"{path}: is empty")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("an offset is needed, e.g. +07:00")
    return moment


def _milliseconds(text: str) -> timedelta:
    return timedelta(milliseconds=float(text))


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("from 0 to 1")
    return share

"""Reception numbers that this workstation holds, for hours without a line.

A number is drawn in the transaction that spools its reception, so that none is used twice and none
is lost with a crash. Blocks are fetched while there is a line; what a day did not use goes back.
"""

import sqlite3
from datetime import date, datetime

from hub.edge.line import CallRefused, HubLine
from hub.edge.sending.roles import CallingRole, LineState
from hub.edge.spool.database import SpoolDatabase
from hub.messages.local_time import LOCAL
from hub.rules.edge import protocol
from hub.rules.edge.numbers import Block, drawn
from hub.rules.edge.protocol import NumbersGiven, NumbersReport


class NoNumber(Exception):
    """No reserved number of the day is left."""


class ReservedNumbers:
    """The blocks in the spool."""

    def __init__(self, database: SpoolDatabase) -> None:
        self.database = database

    def draw(self, tx: sqlite3.Connection, day: date) -> tuple[str, int]:
        """Return (agency, running number) that nobody else gets. Raises NoNumber."""
        row = tx.execute(
            "SELECT * FROM numbers WHERE day = ? AND next <= last ORDER BY first LIMIT 1",
            (day.isoformat(),),
        ).fetchone()
        if row is None:
            raise NoNumber(day.isoformat())
        block = _block(row)
        tx.execute(
            "UPDATE numbers SET next = ? WHERE agency = ? AND day = ? AND first = ?",
            (drawn(block).next, block.agency, row["day"], block.first),
        )
        return block.agency, block.next

    def blocks(self) -> list[Block]:
        """Return every block, by day."""
        return [
            _block(row) for row in self.database.all("SELECT * FROM numbers ORDER BY day, first")
        ]

    def left(self, day: date) -> int:
        """Return how many numbers of a day are not used."""
        return sum(it.left for it in self.blocks() if it.day == day)

    def replace(self, before: list[Block], given: list[Block]) -> None:
        """Take the hub's blocks in place of those that it was told of.

        A number that was drawn meanwhile stays drawn.
        """
        with self.database.write() as tx:
            for it in before:
                if not any(_same(it, one) for one in given):
                    key = (it.agency, it.day.isoformat(), it.first)
                    tx.execute(
                        "DELETE FROM numbers WHERE agency = ? AND day = ? AND first = ?", key
                    )
            for it in given:
                values = (it.agency, it.day.isoformat(), it.first, it.last, it.next)
                tx.execute(
                    "INSERT INTO numbers VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
                    values,
                )


class NumberKeeping(CallingRole):
    """Fetches blocks before they are needed, and tells the hub what is used."""

    name = "edge.numbers"
    idle = 300.0

    def __init__(self, numbers: ReservedNumbers, line: HubLine, state: LineState) -> None:
        super().__init__(line, state)
        self.numbers = numbers

    def run_once(self) -> bool:
        """Exchange blocks with the hub; there is no more to do at once."""
        before = self.numbers.blocks()
        report = NumbersReport(blocks=before)
        try:
            answer = self.line.request(protocol.NUMBERS, report, NumbersGiven)
        except CallRefused:
            return False  # an older hub has no numbers
        self.numbers.replace(before, answer.blocks)
        return False


def ward_day(now: datetime) -> date:
    """Return the day at the ward."""
    return now.astimezone(LOCAL).date()


def _same(one: Block, other: Block) -> bool:
    return (one.agency, one.day, one.first) == (other.agency, other.day, other.first)


def _block(row: sqlite3.Row) -> Block:
    return Block(
        agency=row["agency"],
        day=date.fromisoformat(row["day"]),
        first=row["first"],
        last=row["last"],
        next=row["next"],
    )

"""What waits in a directory goes on under the agent that was enrolled in it last.

Each event keeps its message with its id, so one that the hub has is a repeat. It gets the name of
the agent, and a number of the new spool. The numbers of dossiers that were reserved for the agent
before are given out no more; those on a slip stay as they are.
"""

import sqlite3

import msgspec

from hub.edge.spool.appending import next_sequence
from hub.edge.spool.database import SpoolDatabase
from hub.messages.envelope import Message, encode
from hub.rules.edge.copies import CODE


def adopt(database: SpoolDatabase, agent: str, id: str) -> int:
    """Make a spool that of an agent's last enrolment, once; return how many events changed.

    `id`: the spool's, made at enrolment; "" for the one that it has. What a process of the earlier
    agent wrote meanwhile is readdressed too.
    """
    with database.write() as tx:
        kept = tx.execute("SELECT value FROM meta WHERE name = 'spool'").fetchone()[0]
        is_new = bool(id) and kept != id
        if is_new:
            tx.execute("UPDATE meta SET value = ? WHERE name = 'spool'", (id,))
            tx.execute("DELETE FROM sequences")
            tx.execute("DELETE FROM numbers")
            tx.execute("UPDATE files SET upload = ''")
            rows = tx.execute("SELECT * FROM events ORDER BY place").fetchall()
        else:
            rows = tx.execute(
                "SELECT * FROM events WHERE substr(device, 1, ?) <> ? ORDER BY place",
                (len(agent) + 1, f"{agent}."),
            ).fetchall()
        for row in rows:
            _readdress(tx, row, agent)
    if is_new:
        database.id = id
    return len(rows)


def _readdress(tx: sqlite3.Connection, row: sqlite3.Row, agent: str) -> None:
    """Name an event's device after the agent; one that was refused for good has no number."""
    device = f"{agent}.{row['device'].partition('.')[2]}"
    refusal = row["refusal"]
    if refusal is not None and refusal.startswith(f"{CODE} "):
        refusal = None
    sequence = next_sequence(tx, device) if refusal is None else 0
    message = msgspec.json.decode(row["body"], type=Message)
    body = encode(msgspec.structs.replace(message, source=device))
    tx.execute(
        "UPDATE events SET device = ?, sequence = ?, body = ?, refusal = ?, tries = 0"
        " WHERE place = ?",
        (device, sequence, body, refusal, row["place"]),
    )
    grown = len(body) - len(row["body"])
    tx.execute("UPDATE usage SET bytes = bytes + ?", (grown,))

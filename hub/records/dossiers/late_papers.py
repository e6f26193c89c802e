"""Papers that come with a second word about a dossier that was here before: they are kept.

An online submission and the reception at the counter may come in either order, and each may bring
files. The word itself changes nothing any more; a file that is not there yet is never dropped.
"""

from dataclasses import replace
from datetime import datetime

from hub.messages.envelope import Message
from hub.records.dossiers import inter_level
from hub.records.dossiers.commands import Cause
from hub.records.dossiers.progress import ENDS, refresh
from hub.records.rulebook import Rulebook
from hub.store.engine.store import Tx
from hub.store.records import legs, papers
from hub.store.records.dossiers import Dossier


def keep(tx: Tx, cause: Cause, dossier: Dossier, rules: Rulebook, *, at: datetime) -> list[Message]:
    """Attach the files of the message; return what the partners have to be told of new ones.

    The province's record is brought up to date, and the town gets an inter-level dossier that is
    complete now.
    """
    before = papers.count_of(tx, dossier.number)
    files = cause.message.attachments
    papers.add_files(tx, dossier.number, files, message_id=cause.message.id)
    if papers.count_of(tx, dossier.number) == before:
        return []
    dossier, record = refresh(
        tx, cause, replace(dossier, version=dossier.version + 1), rules, at=at
    )
    out = [record]
    may_go = dossier.inter_level and dossier.status not in ENDS
    if may_go and legs.leg_of(tx, dossier.number) is None:
        there = papers.files_of(tx, dossier.number, result=False)
        if inter_level.is_complete(dossier, there):
            out += inter_level.hand_over(
                tx, cause, dossier, rules, files=there, officer=dossier.officer, at=at
            )
    return out

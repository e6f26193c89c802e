"""What a reply says beside the contract, next to a code of success: does it speak against it?

Programs that take batches give each dossier a code and a message of its own beside the code of the
call. The contract has none, so no name is known: what looks like a code, a truth or a message is
read as one. A refusal contradicts; what is only strange has the record looked up.
"""

import re

from adapters.provincial.protocol.protocol import Result
from adapters.wire.profile import Means
from adapters.wire.reading import Reply
from adapters.wire.reading.code_table import CodeTable
from adapters.wire.reading.documents.record import as_truth
from adapters.wire.reading.findings import at
from adapters.wire.reading.words import folded, read_words

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.0+)?")
_CODE = re.compile(r"(?:result|response|return|resp|ret)_?code|ma_?(?:ket_?qua|tra_?ve)")
_FAULT = re.compile(r"\w*(?:error|err|loi|fail|fault|exception)\w*")
_STATUS = re.compile(r"(?:http_?)?status(?:_?code)?|ket_?qua|state|code")
_SUCCESS = re.compile(r"(?:is_?)?(?:success\w*|succeeded|thanh_?cong|ok|done|valid|accepted)")
_MESSAGE = re.compile(
    r"\w*(?:message|msg|error|loi|exception|detail|reason|description|thong_?bao|ly_?do|mo_?ta"
    r"|ket_?qua|status|warning)\w*"
)


def speak_against(reply: Reply, result: Result, *, table: CodeTable) -> bool:
    """Tell whether something strange is said, so that the record is looked up.

    Raises AmbiguousFailure where a dossier of the call is said to be refused.
    """
    strange = False
    for name, text in result.others:
        known = folded(name.casefold())
        if _refused(known, text, table):
            read = "a refusal beside a code of success"
            fix = "ask the partner what both together mean"
            raise reply.findings.refuse(at("result", name), read, fix=fix)
        strange = strange or _is_strange(known, text, table)
    return strange


def _refused(name: str, text: str, table: CodeTable) -> bool:
    truth = as_truth(text)
    if _NUMBER.fullmatch(text):
        if _SUCCESS.fullmatch(name):
            return truth is False
        about_code = _CODE.fullmatch(name) or _FAULT.fullmatch(name)
        return bool(about_code) and not _may_be_done(text, table)
    if truth is True:
        return bool(_FAULT.fullmatch(name))
    if truth is False:
        return bool(_SUCCESS.fullmatch(name))
    return bool(_MESSAGE.fullmatch(name)) and read_words(text).failure


def _is_strange(name: str, text: str, table: CodeTable) -> bool:
    if _NUMBER.fullmatch(text):
        return bool(_STATUS.fullmatch(name)) and not _may_be_done(text, table)
    if as_truth(text) is not None:
        return False
    words = read_words(text)
    return words.failure or words.exists or (bool(_MESSAGE.fullmatch(name)) and words.unusual)


def _may_be_done(text: str, table: CodeTable) -> bool:
    """Tell whether a number is a code of success, or HTTP's."""
    return table.may_mean(text, Means.DONE) or text in {"200", "201"}

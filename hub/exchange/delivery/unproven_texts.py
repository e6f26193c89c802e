"""What a person reads about an effect that asking could not settle, in Vietnamese and English."""

from hub.ports import Doubt, Unclear
from hub.rules.failures.errors import FAULTS, DeliveryFailure

_WORDS = {
    Doubt.ALIKE: (
        "đối tác có bản ghi gần giống, chưa chắc là của lượt gửi này",
        "the partner has something alike that may not be this one",
    ),
    Doubt.OTHER: (
        "đối tác giữ nội dung khác ở chỗ này",
        "the partner holds other content in its place",
    ),
    Doubt.BEHIND: (
        "tra cứu thiếu cả những gì đối tác chắc chắn đã nhận",
        "the look-up lacks what the partner certainly has",
    ),
    Doubt.NOT_SHOWN: (
        "tra cứu không cho thấy đủ danh sách",
        "the look-up does not show the whole list",
    ),
    Doubt.NO_ANSWER: (
        "không hỏi được đối tác về lượt gửi này",
        "the partner cannot be asked about it",
    ),
}
CONTRADICTION = (
    "đối tác báo đã có nhưng tra cứu mãi không thấy"
    " · the partner says that it exists, and its look-up never shows it"
)
NEVER_THERE = "lần nào hỏi đối tác cũng chưa có · asked each time, the partner never had it"


def words_of(answer: Unclear) -> str:
    """Return why an answer proves nothing, with the names of the fields that differ."""
    vi, en = _WORDS[answer.why]
    if answer.differs:
        names = ", ".join(answer.differs)
        if answer.why is Doubt.NOT_SHOWN:
            return f"{vi}: thiếu {names} · {en}: {names} is missing"
        vi, en = f"{vi}: khác ở {names}", f"{en}: it differs in {names}"
    return f"{vi} · {en}"


def words_of_failure(failure: DeliveryFailure) -> str:
    """Return why a question had no answer."""
    fault = FAULTS[failure.code]
    return (
        f"{fault.text.vi} · {fault.text.en} ({failure.detail})" if failure.detail else failure.code
    )

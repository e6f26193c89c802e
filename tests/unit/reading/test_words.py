"""What a message says: success, failure, neither; what is twisted is never trusted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.reading.words import FAILURES, folded, read_words

SUCCESS = [
    "Thành công",
    "THÀNH CÔNG.",
    "Tiếp nhận hồ sơ thành công, không có lỗi",
    "Không có lỗi. Đã tiếp nhận",
    "Đã được cập nhật; số lỗi: 0",
    "Hoàn tất, không phát sinh lỗi nào",
    "Đã lưu. Không cần bổ sung giấy tờ, không thu phí",
    "Success: no errors",
    "OK",
    "Done without error",
    "Receipt No. 12 accepted",
    "Thanh cong",
    "Th?nh c?ng",
    "Th\u00c3\u00a0nh c\u00c3\u00b4ng",
    "Tha\u0300nh co\u0302ng",
    "Th&#224;nh c&#244;ng",
]
NEITHER = [
    "",
    "Không có lỗi",
    "Không lỗi",
    "0 lỗi",
    "Lỗi: không",
    "No error",
    "errors=0",
    "Không bị từ chối",
]
FAILURE = [
    "Không thành công",
    "KHÔNG THÀNH CÔNG",
    "Chưa thành công",
    "Thất bại",
    "Lỗi hệ thống",
    "10 lỗi",
    "Lỗi: 10",
    "Hồ sơ chưa được tiếp nhận",
    "Không thể tiếp nhận",
    "Không tìm thấy hồ sơ",
    "Không có lỗi nhưng chưa lưu được",
    "Thành công một phần, có lỗi ở tệp 2",
    "Không phải không có lỗi",
    "Không xử lý được lỗi",
    "Not found",
    "unsuccessful",
    "Couldn't save",
    "failed",
    "Khong thanh cong",
    "That bai",
    "Kh?ng th?nh c?ng",
    "L?i h? th?ng",
    "????",
    "Kh\u00c3\u00b4ng th\u00c3\u00a0nh c\u00c3\u00b4ng",
    "Kho\u0302ng tha\u0300nh co\u0302ng",
    "Kh&#244;ng th&#224;nh c&#244;ng",
]


@pytest.mark.parametrize("message", SUCCESS)
def test_words_of_success_without_a_word_of_failure(message: str) -> None:
    """In any normal form, without marks, with lost letters, read in a wrong charset."""
    words = read_words(message)
    assert (words.success, words.failure) == (True, False)


@pytest.mark.parametrize("message", NEITHER)
def test_a_denied_failure_says_nothing(message: str) -> None:
    """So a code of success beside it stands, and a code of refusal as well."""
    words = read_words(message)
    assert (words.success, words.failure) == (False, False)


@pytest.mark.parametrize("message", FAILURE)
def test_words_of_failure_and_what_nobody_can_tell(message: str) -> None:
    """A denied success, a failure, two denials, letters that were lost."""
    words = read_words(message)
    assert (words.success, words.failure) == (False, True)


PLAIN = [it for it in FAILURES if it.replace(" ", "").isalpha()]


@settings(deadline=None)
@given(
    st.sampled_from(PLAIN),
    st.sampled_from(["Hồ sơ", "", "Thành công,", "OK;", "Đã tiếp nhận."]),
    st.sampled_from(["", "khi lưu", "ở bước 2", "!"]),
    st.sampled_from([str, str.upper, str.title, folded]),
)
def test_a_failure_is_found_in_any_sentence(
    word: str, before: str, after: str, written: object
) -> None:
    """In capitals and without marks, ahead of success or behind."""
    message = f"{before} {word} {after}".strip()
    assert read_words(written(message)).failure  # type: ignore[operator]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_message_is_read(message: str) -> None:
    """And never says both."""
    words = read_words(message)
    assert not (words.success and words.failure)

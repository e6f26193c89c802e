"""What a message says: success, failure, neither; what is twisted is never trusted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.reading.words import catalogue, folded, read_words

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


PLAIN = [it for it in catalogue()["failures"] if it.replace(" ", "").isalpha()]


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


REAL_FAILURES = [
    "String or binary data would be truncated. The statement has been terminated.",
    "Transaction (Process ID 52) was deadlocked and has been chosen as the deadlock victim.",
    "ORA-00001: unique constraint (HS.PK) violated",
    "SQLSTATE[23000]: Integrity constraint",
    "Data too long for column 'GhiChu'",
    "java.lang.NullPointerException",
    "SqlError",
    "Lock wait timeout exceeded",
    "server closed the connection unexpectedly; connection lost",
    "Trùng mã hồ sơ",
    "Vi phạm ràng buộc dữ liệu",
    "Vi pham rang buoc",
    "Hồ sơ bị trả lại",
    "Hồ sơ quá hạn tiếp nhận",
    "Mất kết nối cơ sở dữ liệu",
    "Hệ thống bận",
    "Hệ thống đang bảo trì",
    "Hoàn tác giao dịch",
    "0 rows affected",
    "Rows affected: 0",
    "Đồng bộ 0 hồ sơ",
    "success=false",
    "Success: 0, Failed: 1",
    "Thành công 0/1 hồ sơ",
    "Thành công: 0/1",
    "Thành công 0 hồ sơ",
    "Số bản ghi thành công: 0",
    "Error: no connection",
    "Lỗi không xác định",
    "Lỗi: 0x80004005",
]
REAL_SUCCESSES = [
    "Đã đồng bộ 1 hồ sơ, 0 hồ sơ lỗi",
    "Success: 1, Failed: 0",
    "Thành công 1/1 hồ sơ",
    "1 row inserted, 0 records failed",
    "success=true, error=null",
    "Đã tiếp nhận tại trung tâm; uỷ ban đã nhận",
    "Da tiep nhan tai trung tam, uy ban",
    "errorCode: 0, message: Success",
    "00 - Giao dịch thành công",
]
UNUSUAL = [
    "Đã chuyển trục",
    "Đã đưa vào hàng đợi, chờ xử lý",
    "Queued",
    "Khoá ngoại",
    "Trung ma ho so",
    "0 thành công",
    "Hồ sơ đã có trên hệ thống",
    "Mã hồ sơ đã được sử dụng",
    "3F2504E0-4F89-11D3-9A0C-0305E82C3301",
]
USUAL = ["", "0", "00", "200", "null", "NoError", "None", "-", "Không có lỗi", "0 lỗi"]


@pytest.mark.parametrize("message", REAL_FAILURES)
def test_what_programs_write_when_nothing_was_done_speaks_of_failure(message: str) -> None:
    """Databases, runtimes, counts of none: whatever stands in the code's place."""
    words = read_words(message)
    assert (words.success, words.failure) == (False, True)


@pytest.mark.parametrize("message", REAL_SUCCESSES)
def test_counts_of_no_failure_leave_a_success(message: str) -> None:
    """None failed is no failure; a hundred done, nought wrong is a success."""
    words = read_words(message)
    assert (words.success, words.failure, words.unusual) == (True, False, False)


@pytest.mark.parametrize("message", UNUSUAL)
def test_words_that_nobody_knows_are_unusual(message: str) -> None:
    """They contradict nothing and prove nothing."""
    words = read_words(message)
    assert (words.failure, words.unusual) == (False, True)


@pytest.mark.parametrize("message", USUAL)
def test_a_message_that_says_nothing_is_usual(message: str) -> None:
    """Most programs leave it out, or write a nothing of their language."""
    words = read_words(message)
    assert (words.failure, words.unusual) == (False, False)


@pytest.mark.parametrize(
    "message",
    ["Hồ sơ đã tồn tại", "Hồ sơ đã có trên hệ thống", "Mã hồ sơ đã được sử dụng", "Already exists"],
)
def test_that_something_was_there_before_is_found_in_its_words(message: str) -> None:
    """Beside a code of success it has the record compared."""
    assert read_words(message).exists

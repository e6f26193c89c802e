"""What a person reads of a changed contract: what, since when, what to do, and nothing endless."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.messages import catalog
from hub.operations.contracts.words import COUNTED, SHOWN, News, finding, rows
from hub.rules.contracts import ContractChange, How

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
FIELD = ContractChange(
    operation="DongBoHoSoMC", place="request/data/otp", how=How.ADDED, after="string"
)
NEWS = News(
    partner=catalog.PROVINCIAL,
    form="WSDL",
    address="http://tinh.test/soap?wsdl",
    fingerprint="ab" * 32,
    changes=[FIELD],
    against=[FIELD, FIELD],
    before=NOW - timedelta(days=1),
    now=NOW,
)


def test_the_task_says_what_changed_between_when_and_what_to_do() -> None:
    """In both languages, in the ward's time, with the commands that help."""
    found = finding(NEWS)
    vi, en = found.detail
    assert "thêm DongBoHoSoMC request/data/otp (string)" in vi
    assert "trong khoảng 10:00 27/11/2026 – 10:00 28/11/2026" in vi
    assert "khác schemas/ của trung tâm ở 2 chỗ" in vi
    assert "added DongBoHoSoMC request/data/otp (string)" in en
    assert found.repair.vi.startswith("Lời gọi của trung tâm có thể bị từ chối. Hỏi tỉnh")
    assert "`hub partners rehearse province`" in found.repair


def test_the_first_one_is_compared_with_our_own() -> None:
    """There is no day before."""
    found = finding(replace(NEWS, before=None))
    assert "khác schemas/ của trung tâm, lấy lần đầu lúc 10:00 28/11/2026" in found.detail.vi
    assert [key.place for key in rows(replace(NEWS, before=None))] == [
        "schemas: + request/data/otp"
    ]


def test_a_change_of_replies_only_is_told_as_that() -> None:
    """The hub reads what it knows."""
    change = ContractChange(
        operation="TraCuuHoSo", place="reply/HoSo/Fax", how=How.CHANGED, before="a", after="b"
    )
    found = finding(replace(NEWS, changes=[change], against=[]))
    assert "đổi TraCuuHoSo reply/HoSo/Fax (a → b); giống schemas/ của trung tâm" in found.detail.vi
    assert found.repair.vi.startswith("Chỉ trả lời")


def test_another_contract_altogether_is_told_in_few_words_and_few_rows() -> None:
    """A province that serves another software's WSDL fills neither the task nor the store."""
    many = [
        ContractChange(operation="Op", place=f"request/f{n:04d}", how=How.ADDED, after="x" * 5_000)
        for n in range(900)
    ]
    news = replace(NEWS, changes=many)
    assert len(finding(news).detail.stored()) < 6_000
    assert f"(+{900 - SHOWN})" in finding(news).detail
    counted = rows(news)
    assert len(counted) == COUNTED + 1
    assert sum(counted.values()) == 900

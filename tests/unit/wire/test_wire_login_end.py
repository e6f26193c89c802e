"""How a partner says that the login is over: statuses, faults and pages, as its profile says."""

import unicodedata

import pytest

from adapters.provincial import profile as province
from adapters.town_center import profile as town
from adapters.wire.login.login_end import Kind, login_end
from adapters.wire.profile import ProfileSession
from adapters.wire.reading import Reply

SESSION = province.shipped().session
LOGIN_PAGE = """<!DOCTYPE html>
<html lang="vi"><head><title>Đăng nhập hệ thống</title></head>
<body><form action="/login"><input name="u"><input type="password" name="p"></form></body></html>"""


def fault_11(code: str, text: str) -> bytes:
    """Return a fault of SOAP 1.1."""
    return (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<s:Body><s:Fault><faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()


def fault_12(code: str, subcode: str, text: str) -> bytes:
    """Return a fault of SOAP 1.2."""
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>'
        f"<s:Code><s:Value>{code}</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="vi">{text}</s:Text></s:Reason>'
        "</s:Fault></s:Body></s:Envelope>"
    ).encode()


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("session", [SESSION, town.shipped().session], ids=["province", "town"])
def test_a_status_of_the_profile_says_so_whatever_the_body(
    status: int, session: ProfileSession
) -> None:
    """Also with an empty body; under a new login a 403 is a missing right."""
    end = login_end(Reply(status=status), session)
    assert end is not None
    assert (end.kind, end.certain, end.denied) == (Kind.STATUS, True, status == 403)


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "body",
    [
        fault_11("soap:Client", "Vui lòng đăng nhập lại"),
        fault_11("Client.Authentication", "PHIÊN LÀM VIỆC HẾT HẠN"),
        fault_11("SOAP-ENV:Client", unicodedata.normalize("NFD", "Phiên không hợp lệ")),
        fault_12("s:Sender", "wsse:FailedAuthentication", "Chưa  xác\nthực"),
    ],
)
def test_a_fault_of_the_profile_says_so(status: int, body: bytes) -> None:
    """By code and words, in both versions of SOAP, with whatever status."""
    end = login_end(Reply(status=status, body=body), SESSION)
    assert end is not None
    assert (end.kind, end.certain, end.denied) == (Kind.FAULT, True, False)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (fault_11("soap:Server", "Phiên làm việc hết hạn"), 500),
        (fault_11("soap:Server.userException", "Vui lòng đăng nhập lại"), 500),
        (fault_12("s:Receiver", "s:Other", "Phiên không hợp lệ"), 500),
        (fault_11("soap:Client", "Phiên làm việc hết hạn"), 503),
        (fault_11("soap:Client", "Cần phiên bản 2"), 500),
        (fault_11("soap:Client", "x</faultstring><detail>hết phiên</detail><faultstring>"), 500),
    ],
)
def test_a_fault_that_may_have_come_after_the_work_proves_nothing_of_the_call(
    body: bytes, status: int
) -> None:
    """Of the server, of a gateway, with other words, or with the words in its details only."""
    end = login_end(Reply(status=status, body=body), SESSION)
    assert end is not None
    assert (end.kind, end.certain) == (Kind.FAULT, False)


@pytest.mark.parametrize(
    "body",
    [
        fault_11("soap:Client", "Thiếu trường MaHoSo"),
        fault_11("soap:Client", "Tokenizer: sai cú pháp"),
        fault_11("soap:VersionMismatch", "đăng nhập"),
        b"<Fault>",
        "<a>Fault: đăng nhập</a>".encode(),
        b'{"error_code": 0, "message": "Fault"}',
    ],
)
def test_another_fault_says_nothing_of_the_login(body: bytes) -> None:
    """What a fault means else is told elsewhere."""
    assert login_end(Reply(status=500, body=body), SESSION) is None


@pytest.mark.parametrize(
    "body",
    [
        LOGIN_PAGE,
        f"\n  <?xml version='1.0'?>\n<!-- SSO -->{LOGIN_PAGE}",
        "<HTML><BODY>Vui lòng <B>ĐĂNG NHẬP</B></BODY></HTML>",
    ],
)
def test_a_login_page_proves_nothing_of_the_call(body: str) -> None:
    """It says that the login is over; it may have come before the work or after it."""
    end = login_end(Reply(status=200, body=body.encode()), SESSION)
    assert end is not None
    assert (end.kind, end.certain) == (Kind.PAGE, False)


def test_a_redirect_to_the_login_page_is_one() -> None:
    """As an application filter sends."""
    found = login_end(Reply(status=302, headers={"location": "/dvc/Login.aspx?r=%2F"}), SESSION)
    assert found is not None
    assert found.kind is Kind.PAGE
    assert login_end(Reply(status=302, headers={"location": "/elsewhere"}), SESSION) is None


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>Bảo trì hệ thống</body></html>",
        '{"message": "đăng nhập <html>"}',
        "<Envelope>đăng nhập</Envelope>",
        "",
    ],
)
def test_another_page_or_reply_is_no_login_page(body: str) -> None:
    """Marks count in a page for people only."""
    assert login_end(Reply(status=200, body=body.encode()), SESSION) is None

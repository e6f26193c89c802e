"""How partners say that a session or token is over, and when it ends without notice.

The call itself had no effect in each of these forms: the login is asked for before the work.
"""

import json
from dataclasses import replace
from xml.sax.saxutils import escape

from adapters.simulation.dialects.habit import Habit
from adapters.simulation.partner import Answer, Call

WORDS = "Phiên làm việc đã kết thúc, vui lòng đăng nhập lại"
_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    "<soap:Fault><faultcode>soap:Client</faultcode>"
    f"<faultstring>{escape(WORDS)}</faultstring></soap:Fault>"
    "</soap:Body></soap:Envelope>"
)
_PAGE = (
    "<!DOCTYPE html><html><head><title>Đăng nhập</title></head><body>"
    '<form action="/login" method="post"><input name="username"/>'
    '<input name="password" type="password"/></form></body></html>'
)


def _fault(answer: Answer, _: Call) -> Answer:
    if b"xml" not in answer.content_type:
        return answer
    return replace(answer, status=500, body=_FAULT.encode())


def _forbidden(answer: Answer, _: Call) -> Answer:
    return replace(answer, status=403, body=b"", content_type=b"text/plain")


def _login_page(answer: Answer, _: Call) -> Answer:
    page = _PAGE.encode()
    return replace(answer, status=200, body=page, content_type=b"text/html; charset=utf-8")


def _own_code(answer: Answer, _: Call) -> Answer:
    """The town's 401 with a code of its own in the place of the known one."""
    if answer.status != 401 or b"json" not in answer.content_type:
        return answer
    document = json.loads(answer.body)
    if isinstance(document.get("status"), dict):
        document["status"]["code"] = "12"
    return replace(answer, body=json.dumps(document, ensure_ascii=False).encode())


SESSION_FAULT = Habit(
    name="session_fault",
    about='an ended session as a fault soap:Client, "đăng nhập lại"',
    session=_fault,
)
SESSION_FORBIDDEN = Habit(
    name="session_forbidden", about="an ended session as 403 without a body", session=_forbidden
)
SESSION_PAGE = Habit(
    name="session_page", about="an ended session as 200 with a login page", session=_login_page
)
SESSION_OWN_CODE = Habit(
    name="session_own_code", about='an ended token as 401 with the code "12"', session=_own_code
)
RECYCLED = Habit(
    name="recycled",
    about="all sessions end before now and then a call (the worker process is recycled)",
    share=0.02,
    ends_sessions=True,
)
ONE_LOGIN = Habit(
    name="one_login",
    about="a new login ends every other session of the account",
    operations=("DangNhap", "token"),
    ends_sessions=True,
)

HABITS = (
    SESSION_FAULT,
    SESSION_FORBIDDEN,
    SESSION_PAGE,
    SESSION_OWN_CODE,
    RECYCLED,
    ONE_LOGIN,
)

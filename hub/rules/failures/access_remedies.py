"""Failures of the way to a partner that only a person can put right: what they are told. Pure.

The hub goes on by itself once the cause is gone, so nothing is dead and nothing has to be sent
again; but nobody would look for the cause if a pause were all that is shown.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do about one fault code."""

    vi: str
    en: str


REMEDIES: dict[str, Remedy] = {
    "partner_forbidden": Remedy(
        "Đăng nhập mới vẫn bị từ chối: kiểm tra tài khoản, mã đơn vị, xin đối tác cấp quyền.",
        "Refused under a new login: check account and agency id, ask the partner for the right.",
    ),
    "partner_session": Remedy(
        "Có chương trình khác dùng cùng tài khoản, hoặc máy chủ đối tác không giữ phiên: xin tài"
        " khoản riêng cho trung tâm.",
        "Another program uses the same account, or the partner's servers do not share sessions:"
        " get an account of the hub's own.",
    ),
    "certificate_expired": Remedy(
        "Báo đối tác gia hạn chứng thư số; kiểm tra đồng hồ máy này.",
        "Have the partner renew the certificate; check this machine's clock.",
    ),
    "certificate_unknown": Remedy(
        "Xin đối tác tệp CA và đặt tls.ca_file trong hồ sơ đối tác.",
        "Get the CA file from the partner and set tls.ca_file in the profile.",
    ),
    "certificate_name": Remedy(
        "Sửa địa chỉ thành tên có trong chứng thư số, hoặc báo đối tác.",
        "Correct the address to a name of the certificate, or tell the partner.",
    ),
    "certificate_refused": Remedy(
        "Đối tác đòi chứng thư của trung tâm hoặc không chấp nhận nó: xin đối tác cấp, đặt"
        " tls.client_certificate và tls.client_key trong hồ sơ đối tác.",
        "The partner wants a certificate of the hub's, or refuses the one it has: get one from the"
        " partner, set tls.client_certificate and tls.client_key in the profile.",
    ),
    "tls_outdated": Remedy(
        "Báo đối tác bật TLS 1.2 trở lên.",
        "Have the partner turn TLS 1.2 or newer on.",
    ),
    "tls_failed": Remedy(
        "Kiểm tra địa chỉ https và tls.client_certificate trong hồ sơ đối tác.",
        "Check the https address and tls.client_certificate in the profile.",
    ),
}
"""By fault code; for these a pause is also a task."""

LOGIN = Remedy(
    "Kiểm tra tài khoản, mật khẩu (tệp HUB_*_PASSWORD_FILE) và máy chủ đăng nhập: hub doctor.",
    "Check account, password (the file of HUB_*_PASSWORD_FILE) and the login server: hub doctor.",
)
AWAITED: dict[str, Remedy] = {"partner_login": LOGIN} | REMEDIES
"""By fault code: with these, deliveries wait until the hub is let in."""

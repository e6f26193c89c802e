"""The steps of a rehearsal in their order, and the words of the protocol: Vietnamese, English."""

from collections.abc import Mapping

STEPS: Mapping[str, tuple[str, str]] = {
    "name": ("Phân giải tên máy chủ", "Name resolution"),
    "proxy": ("Máy chủ trung gian (proxy)", "Proxy"),
    "tls": ("Kênh mã hóa TLS và chứng thư số", "TLS and certificate"),
    "login": ("Đăng nhập", "Login"),
    "clock": ("Chênh lệch đồng hồ", "Clock difference"),
    "ping": ("Kiểm tra sẵn sàng", "Readiness"),
    "second_login": ("Đăng nhập lần hai cùng tài khoản", "Second login, same account"),
    "ended_session": ("Phiên không còn hiệu lực", "A session that is over"),
    "absent": ("Tra cứu hồ sơ không tồn tại", "Look-up of a dossier that is not there"),
    "latency": ("Thời gian trả lời", "Latency"),
    "form": ("Hình thức của trả lời", "Form of the replies"),
    "free": ("Mã hồ sơ thử còn trống", "The test dossier's number is free"),
    "register": ("Đăng ký hồ sơ thử", "Registering the test dossier"),
    "lag": ("Độ trễ của tra cứu", "Lag of the look-up"),
    "steps": ("Ghi tiến độ xử lý", "Adding steps"),
    "shown_steps": ("Số bước mà tra cứu hiển thị", "Steps that the look-up shows"),
    "fields": ("So sánh từng trường", "Comparing every field"),
    "times": ("Độ chính xác và cách ghi thời gian", "Resolution and form of times"),
    "texts": ("Thay đổi của văn bản", "Changes of texts"),
    "repeat": ("Đăng ký lại hồ sơ thử", "Registering it again"),
    "check": ("Kiểm tra với cấu hình đề xuất", "Check under the proposed profile"),
}
"""Step -> its name in Vietnamese and English."""
MARKS: Mapping[str, tuple[str, str]] = {
    "ok": ("ĐẠT", "OK"),
    "attention": ("CHÚ Ý", "ATTENTION"),
    "skipped": ("KHÔNG THỬ", "NOT TRIED"),
}

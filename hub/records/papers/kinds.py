"""Which papers the hub makes of a dossier."""

from enum import StrEnum

from hub.texts import Text, both


class PaperKind(StrEnum):
    """A paper; the value stands in messages, in addresses and at the command line."""

    RECEIPT = "receipt"
    """Giấy tiếp nhận hồ sơ và hẹn trả kết quả: for the applicant."""
    CONTROL_SLIP = "control-slip"
    """Phiếu kiểm soát quá trình giải quyết hồ sơ: goes with the dossier."""
    COVER_SHEET = "cover-sheet"
    """Tờ bìa, a page for each component: lies on its papers when they are scanned; its code says
    of which dossier and component they are.
    """

    @property
    def heading(self) -> Text:
        """What stands at its head."""
        return both(f"papers.title_{self.value.replace('-', '_')}")

    @property
    def is_personal(self) -> bool:
        """Whether it names the applicant."""
        return self is PaperKind.RECEIPT

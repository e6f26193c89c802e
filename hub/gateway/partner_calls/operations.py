"""The operations, declared once: what SOAP and REST serve, and under which right.

`schemas/hub/hub.wsdl`, `hub.xsd` and `openapi.yaml` describe the same; a test compares them.
"""

from dataclasses import dataclass

from hub.gateway.partner_calls import records as r
from hub.messages import payloads as p
from hub.records.dossiers import numbering


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What a partner may call, the same by SOAP and by `/v1`."""

    name: str
    """As in the WSDL, and the operationId of the OpenAPI."""
    right: str
    """What a client must be allowed, see `hub/rules/clients/rights.py`."""
    method: str
    path: str
    """Below `/v1`."""
    request: (
        type[p.Payload]
        | type[r.DossierQuery]
        | type[r.DayQuery]
        | type[r.FileQuery]
        | type[r.ClaimQuery]
    )
    time: str = ""
    """The field of the payload that tells when it happened; "" where nothing is said."""
    takes_files: bool = False
    """Whether files may come with it."""

    @property
    def is_command(self) -> bool:
        """Whether the operation tells the hub something, instead of querying it."""
        return bool(self.time)


SUBMIT = Operation(
    name="TiepNhanHoSoTrucTuyen",
    right="dossiers.submit",
    method="POST",
    path="/dossiers",
    request=p.DossierSubmitted,
    time="submitted_at",
    takes_files=True,
)
SHOW = Operation(
    name="TraCuuHoSo",
    right="dossiers.read",
    method="GET",
    path="/dossiers/{maHoSo}",
    request=r.DossierQuery,
)
LIST = Operation(
    name="LayDanhSachHoSo",
    right="dossiers.list",
    method="GET",
    path="/dossiers",
    request=r.DayQuery,
)
CLAIM = Operation(
    name="NhanHoSoChoTiepNhan",
    right="dossiers.claim",
    method="POST",
    path="/dossier-claims",
    request=r.ClaimQuery,
)
SET_STATUS = Operation(
    name="CapNhatTrangThaiHoSo",
    right="dossiers.set_status",
    method="POST",
    path="/dossiers/{maHoSo}/statuses",
    request=p.StatusSet,
    time="at",
)
REQUEST_SUPPLEMENT = Operation(
    name="YeuCauBoSungHoSo",
    right="dossiers.request_supplement",
    method="POST",
    path="/dossiers/{maHoSo}/supplement-requests",
    request=p.SupplementRequested,
    time="at",
)
REQUEST_PAYMENT = Operation(
    name="ThongBaoNghiaVuTaiChinh",
    right="dossiers.request_payment",
    method="POST",
    path="/dossiers/{maHoSo}/payment-requests",
    request=p.PaymentRequested,
    time="at",
    takes_files=True,
)
CORRECT_PROCEDURE = Operation(
    name="ThongBaoNhapSaiThuTuc",
    right="dossiers.correct_procedure",
    method="POST",
    path="/dossiers/{maHoSo}/procedure-corrections",
    request=p.ProcedureCorrected,
    time="at",
)
ISSUE_RESULT = Operation(
    name="TraKetQuaHoSo",
    right="dossiers.issue_result",
    method="POST",
    path="/dossiers/{maHoSo}/results",
    request=p.ResultIssued,
    time="at",
    takes_files=True,
)
FETCH_FILE = Operation(
    name="LayTepDinhKem",
    right="dossiers.fetch_file",
    method="GET",
    path="/dossiers/{maHoSo}/files/{maBamTep}",
    request=r.FileQuery,
)

OPERATIONS = (
    SUBMIT,
    SHOW,
    LIST,
    CLAIM,
    SET_STATUS,
    REQUEST_SUPPLEMENT,
    REQUEST_PAYMENT,
    CORRECT_PROCEDURE,
    ISSUE_RESULT,
    FETCH_FILE,
)
FILE_RIGHTS = frozenset(it.right for it in OPERATIONS if it.takes_files)
"""The rights of the operations that take files."""
BY_NAME = {operation.name: operation for operation in OPERATIONS}


def agency_of(record: object) -> str:
    """Return the agency that a request is about, "" where it names no dossier."""
    return agency_of_number(getattr(record, "number", ""))


def agency_of_number(number: str) -> str:
    """Return the agency of a dossier's number, "" of none; raises InvalidMessage."""
    return numbering.parse(number).agency if number else ""

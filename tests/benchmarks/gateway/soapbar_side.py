"""soapbar's server: the same operation with the insert of the bare route.

`soapbar_side FOLDER PORT`, in .venv-bench. As its documentation shows it: its ASGI application
under uvicorn, which calls an operation on the event loop. Its validation by schema is off, as by
default, and of repeated elements it reads the first: it does less than the hub.
"""

import sys
import warnings

import uvicorn
from soapbar import (
    AsgiSoapApp,
    ComplexXsdType,
    OperationParameter,
    SoapApplication,
    SoapService,
    XsdType,
    soap_operation,
    xsd,
)

from tests.benchmarks.gateway.insert import insert, prepare

NS = "urn:one-stop-hub:hub:v1"


def _type(name: str) -> XsdType:
    found = xsd.resolve(name)
    assert found is not None
    return found


_TEXT, _INT, _DECIMAL = _type("string"), _type("int"), _type("decimal")


def _complex(name: str, **fields: XsdType) -> ComplexXsdType:
    return ComplexXsdType(name, list(fields.items()), NS, qualified=True)


APPLICANT = _complex(
    "ChuHoSo",
    loaiDoiTuong=_INT,
    hoTen=_TEXT,
    soGiayTo=_TEXT,
    soDienThoai=_TEXT,
    email=_TEXT,
    diaChi=_TEXT,
)
COMPONENT = _complex(
    "ThanhPhan", maThanhPhan=_TEXT, tenThanhPhan=_TEXT, soBanChinh=_INT, soBanSao=_INT
)
PARCEL = _complex("ThuaDat", soThuTuThua=_TEXT, soHieuBanDo=_TEXT, dienTich=_DECIMAL, diaChi=_TEXT)
TAKEN = (
    OperationParameter("maHoSo", _TEXT),
    OperationParameter("maTTHC", _TEXT),
    OperationParameter("chuHoSo", APPLICANT),
    OperationParameter("trichYeu", _TEXT, required=False),
    OperationParameter("ngayNop", _type("dateTime")),
    OperationParameter("thanhPhanHoSo", COMPONENT),
    OperationParameter("thuaDat", PARCEL, required=False),
)
GIVEN = (OperationParameter("maThongDiep", _TEXT), OperationParameter("maHoSo", _TEXT))


class Hub(SoapService):
    """The hub's operation that takes a dossier in."""

    __service_name__ = "TrungTam"
    __tns__ = NS

    @soap_operation(
        name="TiepNhanHoSoTrucTuyen", input_params=list(TAKEN), output_params=list(GIVEN)
    )
    def submit(self, **dossier: object) -> dict[str, object]:
        """Store one dossier."""
        return {"maThongDiep": str(insert(str(dossier))), "maHoSo": dossier["maHoSo"]}


def main() -> None:
    """Serve until told to stop."""
    prepare()
    warnings.simplefilter("ignore")  # it warns of plain HTTP, which never leaves this machine
    application = SoapApplication(service_url=f"http://127.0.0.1:{sys.argv[2]}/soap")
    application.register(Hub())
    app = AsgiSoapApp(application)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)


if __name__ == "__main__":
    main()

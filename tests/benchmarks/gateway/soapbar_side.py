"""soapbar's server: the same operation, with the same work as the hub and with less.

`soapbar_side FOLDER PORT`, in .venv-bench. As its documentation shows it: its ASGI application
under uvicorn, which calls an operation on the event loop.

`/soap` does what the hub does: the caller's key is compared by its hash, soapbar's own validation
is on, with the schema of `schemas/hub`, and what is stored has the rows of the hub's. `/bare` is as
by default: nothing is checked, one row is stored. Of repeated elements soapbar reads the first.
"""

import hashlib
import hmac
import json
import secrets
import sys
import warnings
from pathlib import Path
from typing import Any

import uvicorn
from lxml import etree
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

from tests.benchmarks.gateway.insert import insert, insert_as_hub, prepare
from tests.benchmarks.gateway.order import KEY_FILE

NS = "urn:one-stop-hub:hub:v1"
SCHEMA = Path(__file__).parents[3] / "schemas" / "hub" / "hub.xsd"


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


class Bare(SoapService):
    """The hub's operation that takes a dossier in."""

    __service_name__ = "TrungTam"
    __tns__ = NS

    @soap_operation(
        name="TiepNhanHoSoTrucTuyen", input_params=list(TAKEN), output_params=list(GIVEN)
    )
    def submit(self, **dossier: object) -> dict[str, object]:
        """Store one dossier."""
        return {"maThongDiep": str(insert(str(dossier))), "maHoSo": dossier["maHoSo"]}


class Same(SoapService):
    """The same operation, storing what the hub stores."""

    __service_name__ = "TrungTam"
    __tns__ = NS

    @soap_operation(
        name="TiepNhanHoSoTrucTuyen", input_params=list(TAKEN), output_params=list(GIVEN)
    )
    def submit(self, **dossier: object) -> dict[str, object]:
        """Store one dossier."""
        number, body = str(dossier["maHoSo"]), json.dumps(dossier, ensure_ascii=False, default=str)
        return {"maThongDiep": insert_as_hub(number, body, client="benchmark"), "maHoSo": number}


class BothPaths:
    """The two applications, the first behind its key."""

    def __init__(self, same: AsgiSoapApp, bare: AsgiSoapApp, key: str) -> None:
        self._same, self._bare = same, bare
        self._digest = hashlib.sha256(key.encode()).digest()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a call."""
        if scope["type"] != "http" or scope["path"] == "/bare":
            await self._bare(scope, receive, send)
        elif self._knows(dict(scope["headers"]).get(b"authorization", b"")):
            await self._same(scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": 401, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    def _knows(self, shown: bytes) -> bool:
        digest = hashlib.sha256(shown.removeprefix(b"Bearer ")).digest()
        return hmac.compare_digest(digest, self._digest)


def _application(service: SoapService, path: str, *, validates: bool) -> AsgiSoapApp:
    address = f"http://127.0.0.1:{sys.argv[2]}{path}"
    application = SoapApplication(service_url=address, validate_body_schema=validates)
    application.register(service)
    if validates:
        # Its own would be made of the parameters above, which do not repeat; this is the hub's.
        application._compiled_schema = etree.XMLSchema(etree.parse(SCHEMA))
    return AsgiSoapApp(application)


def main() -> None:
    """Leave the key in a file, then serve until told to stop."""
    prepare()
    warnings.simplefilter("ignore")  # it warns of plain HTTP, which never leaves this machine
    key, place = secrets.token_urlsafe(), Path(sys.argv[1]) / KEY_FILE
    place.touch(mode=0o600)
    place.write_text(key, encoding="ascii")
    same, bare = (
        _application(Same(), "/soap", validates=True),
        _application(Bare(), "/bare", validates=False),
    )
    app: Any = BothPaths(same, bare, key)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)


if __name__ == "__main__":
    main()

"""The town's OpenAPI file and the records that encode and decode it say the same."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from adapters.town_center import contract

FILE = Path(__file__).parents[3] / "schemas" / "town_center" / "openapi.yaml"


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def shape(schema: Any) -> Any:
    """Return the schema without what only people read, lists that are sets in one order."""
    if isinstance(schema, list | tuple):
        return [shape(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "title" or (key == "description" and isinstance(value, str)):
            continue
        found[key] = sorted(value) if key in {"required", "enum"} else shape(value)
    return found


def references(node: Any) -> set[str]:
    """Return the names of all component schemas that `node` refers to."""
    if isinstance(node, list):
        return set().union(*map(references, node))
    if not isinstance(node, dict):
        return set()
    own = node.get("$ref", "")
    names = {own.rsplit("/", 1)[1]} if own.startswith("#/components/schemas/") else set()
    return names.union(*map(references, node.values()))


def test_every_schema_of_the_file_is_the_record_of_that_name(openapi: dict[str, Any]) -> None:
    """A field, limit, code or default cannot differ between the file and the code."""
    _, records = msgspec.json.schema_components(
        contract.PUBLIC, ref_template="#/components/schemas/{name}"
    )
    assert shape(openapi["components"]["schemas"]) == shape(records)


def test_every_public_record_is_used_by_an_operation(openapi: dict[str, Any]) -> None:
    """The file describes no body that no operation takes or gives."""
    used = references([openapi["paths"], openapi["webhooks"], openapi["components"]["responses"]])
    assert used == {record.__name__ for record in contract.PUBLIC}


def test_every_reference_of_the_file_leads_somewhere(openapi: dict[str, Any]) -> None:
    """The file can be given to a partner as it is: nothing in it points into nothing."""

    def walk(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                walk(item)
        elif isinstance(node, dict):
            if isinstance(target := node.get("$ref"), str):
                place: Any = openapi
                for step in target.removeprefix("#/").split("/"):
                    assert step in place, target
                    place = place[step]
            for item in node.values():
                walk(item)

    walk(openapi)


def test_the_wire_names_are_these(openapi: dict[str, Any]) -> None:
    """A rename in both places at once would fool the comparison; the names are pinned here."""
    schemas = openapi["components"]["schemas"]
    assert set(openapi["paths"]) == {
        "/token",
        "/ho-so",
        "/ho-so/{number}",
        "/ho-so/{number}/bo-sung",
        "/ho-so/{number}/tra-ket-qua",
        "/ket-qua/{sha256}",
        "/suc-khoe",
    }
    assert set(schemas["Transfer"]["properties"]) == {
        "SoBienNhan",
        "PhienBan",
        "NguoiTiepNhan",
        "NgayTiepNhan",
        "NgayHenTra",
        "NgayChuyen",
        "ThongTinNguoiNopDon",
        "ThongTinQuyTrinh",
        "ThongTinThuaDat",
        "DanhSachGiayToDinhKem",
        "DanhSachTepDinhKemKhac",
    }
    assert set(schemas["StepReport"]["properties"]) == {
        "maSuKien",
        "SoBienNhan",
        "thuTu",
        "buoc",
        "thoiDiem",
        "canBo",
        "ghiChu",
        "DanhSachGiayToKetQua",
    }
    assert set(schemas["Reply"]["properties"]) == {"data", "SoBienNhan", "MaHoSoThiXa", "status"}
    assert set(schemas["Outcome"]["properties"]) == {"success", "code", "type", "time", "message"}
    assert set(schemas["Acknowledgement"]["properties"]) == {"Result", "Message", "Cause"}

"""Our WSDL as one file, as stacks serve theirs that put the schemas inside."""

from pathlib import Path

from lxml import etree

SCHEMAS = Path(__file__).parents[3] / "schemas" / "provincial"
XS = "{http://www.w3.org/2001/XMLSchema}"


def one_wsdl() -> str:
    """Return the WSDL with both schemas inside."""
    root = etree.parse(str(SCHEMAS / "hosodientu.wsdl")).getroot()
    whole = etree.parse(str(SCHEMAS / "hosodientu.xsd")).getroot()
    schema, include = root.find(f".//{XS}schema"), whole.find(f"{XS}include")
    assert schema is not None
    assert include is not None
    types = schema.getparent()
    assert types is not None
    types.remove(schema)
    whole.remove(include)
    records = etree.parse(str(SCHEMAS / "hoso.xsd")).getroot()
    whole.extend(records.iterchildren(tag=etree.Element))
    types.append(whole)
    return etree.tostring(root, encoding="unicode")

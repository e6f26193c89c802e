"""The names that SOAP messages are made of."""

from enum import Enum

NS = "urn:one-stop-hub:hub:v1"
"""Of the operations and all their children."""
PREFIX = "t"
"""Of that namespace, in what the hub writes."""
XOP_INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
NUMBER = f"{{{NS}}}maHoSo"
FILE, CONTENT = f"{{{NS}}}tepDinhKem", f"{{{NS}}}noiDung"


class Version(Enum):
    """A version of SOAP; the value is the namespace of its envelope."""

    SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
    SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

    @property
    def media_type(self) -> str:
        """The media type of its messages."""
        return "text/xml" if self is Version.SOAP_11 else "application/soap+xml"

    def tag(self, name: str) -> str:
        """Return the qualified name of one of its elements."""
        return f"{{{self.value}}}{name}"


BODIES = frozenset(version.tag("Body") for version in Version)

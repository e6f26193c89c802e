"""The names of WS-Security 1.0/1.1 and XML Signature that the hub reads."""

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"

SECURITY = f"{{{WSSE}}}Security"
USERNAME_TOKEN = f"{{{WSSE}}}UsernameToken"
BINARY_TOKEN = f"{{{WSSE}}}BinarySecurityToken"
TOKEN_REFERENCE = f"{{{WSSE}}}SecurityTokenReference"
REFERENCE = f"{{{WSSE}}}Reference"
TIMESTAMP = f"{{{WSU}}}Timestamp"
CREATED, EXPIRES = f"{{{WSU}}}Created", f"{{{WSU}}}Expires"
ID = f"{{{WSU}}}Id"
SIGNATURE = f"{{{DS}}}Signature"
INCLUSIVE_NAMESPACES = f"{{{EXCLUSIVE_C14N}}}InclusiveNamespaces"

PASSWORD_TEXT = f"{_OASIS}-username-token-profile-1.0#PasswordText"
PASSWORD_DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
X509_V3 = f"{_OASIS}-x509-token-profile-1.0#X509v3"


def ds(name: str) -> str:
    """Return the qualified name of an element of XML Signature."""
    return f"{{{DS}}}{name}"


def wsse(name: str) -> str:
    """Return the qualified name of an element of WS-Security."""
    return f"{{{WSSE}}}{name}"

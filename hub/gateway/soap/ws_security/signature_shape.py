"""What a signature may look like, before anything is computed: one profile, all else is refused.

A library that skips a transform it does not know would compute another thing than the signer meant.
So the signature may only name what stands here: exclusive canonicalization, SHA-2, RSA or ECDSA,
references into this message, and the certificate that comes with it.
"""

from collections.abc import Sequence

from lxml import etree

from hub.gateway.soap.ws_security import names
from hub.gateway.soap.ws_security.refusal import refused

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
METHODS = frozenset(
    f"{_MORE}{key}-sha{bits}" for key in ("rsa", "ecdsa") for bits in (256, 384, 512)
)
DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        f"{_MORE}sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
MOST_REFERENCES = 10
_WHERE = "Signature"


def check(signature: etree._Element, binary_token: etree._Element) -> Sequence[str]:
    """Return the ids that the signature refers to; raises RefusedCall for another profile."""
    info, value, key = _exactly(
        signature, names.ds("SignedInfo"), names.ds("SignatureValue"), names.ds("KeyInfo")
    )
    _no_children(value)
    _check_key(key, binary_token)
    children = list(info)
    if len(children) < 3 or len(children) > MOST_REFERENCES + 2:
        raise _invalid(f"1 to {MOST_REFERENCES} references are taken")
    canonical, method, *references = children
    _expect(canonical, "CanonicalizationMethod")
    _exclusive(canonical)
    _expect(method, "SignatureMethod")
    _no_children(method)
    _algorithm(method, METHODS)
    ids = [_reference(reference) for reference in references]
    if len(set(ids)) != len(ids):
        raise _invalid("an element is referred to twice")
    return ids


def _reference(reference: etree._Element) -> str:
    _expect(reference, "Reference")
    transforms, method, value = _exactly(
        reference, names.ds("Transforms"), names.ds("DigestMethod"), names.ds("DigestValue")
    )
    (transform,) = _exactly(transforms, names.ds("Transform"))
    _exclusive(transform)
    _no_children(method)
    _no_children(value)
    _algorithm(method, DIGESTS)
    uri = reference.get("URI", "")
    if not uri.startswith("#") or len(uri) < 2 or "(" in uri:
        raise _invalid("a Reference has a URI of the form #id")
    return uri[1:]


def _check_key(key: etree._Element, binary_token: etree._Element) -> None:
    (named,) = _exactly(key, names.TOKEN_REFERENCE, code="security_unsupported")
    (reference,) = _exactly(named, names.REFERENCE, code="security_unsupported")
    id = binary_token.get(names.ID)
    if not id or reference.get("URI") != f"#{id}":
        raise _invalid("KeyInfo refers to the BinarySecurityToken by its wsu:Id")


def _exclusive(element: etree._Element) -> None:
    _algorithm(element, frozenset({names.EXCLUSIVE_C14N}))
    if any(child.tag != names.INCLUSIVE_NAMESPACES or len(child) for child in element):
        raise _invalid("only InclusiveNamespaces may stand in a canonicalization")
    if len(element) > 1:
        raise _invalid("there is more than one InclusiveNamespaces")


def _algorithm(element: etree._Element, taken: frozenset[str]) -> None:
    if element.get("Algorithm") not in taken:
        name = etree.QName(element).localname
        named = ", ".join(sorted(one.rpartition("#")[2] or "exc-c14n" for one in taken))
        raise refused("security_algorithm", f"{_WHERE}/{name}", f"taken are: {named}")


def _exactly(
    parent: etree._Element, *tags: str, code: str = "security_header_invalid"
) -> list[etree._Element]:
    children = list(parent)
    if [child.tag for child in children] != list(tags):
        wanted = ", ".join(etree.QName(tag).localname for tag in tags)
        where = f"{_WHERE}/{etree.QName(parent).localname}"
        raise refused(code, where, f"holds exactly: {wanted}")
    return children


def _expect(element: etree._Element, name: str) -> None:
    if element.tag != names.ds(name):
        raise _invalid(f"{name} is missing, or not in its place")


def _no_children(element: etree._Element) -> None:
    if len(element):
        raise _invalid(f"{etree.QName(element).localname} holds only text")


def _invalid(why: str) -> Exception:
    return refused("security_header_invalid", _WHERE, why)

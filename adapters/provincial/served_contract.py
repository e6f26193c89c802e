"""The contract that the province serves: its WSDL, or its OpenAPI document when called by REST."""

from adapters.provincial.profile import OPERATIONS
from adapters.provincial.settings import SCHEMAS, ProvincialSettings
from adapters.wire.contracts.fetch import Documents
from adapters.wire.contracts.reader import OpenApiReader, WsdlReader
from hub.messages import catalog
from hub.ports import ContractReader


def contract_reader(settings: ProvincialSettings) -> ContractReader | None:
    """Return what reads it, None where the profile names no address."""
    address = settings.contract_address
    if not address:
        return None
    documents = Documents(address, settings.profile, settings.limits)
    name = catalog.PROVINCIAL
    if settings.mode == "rest":
        path = SCHEMAS / "openapi.yaml"
        return OpenApiReader(name=name, address=address, path=path, documents=documents)
    absent = frozenset(settings.profile.unsupported.operations)
    return WsdlReader(
        name=name,
        address=address,
        path=settings.wsdl,
        documents=documents,
        called=OPERATIONS - absent,
    )

"""The contract that the town serves: its OpenAPI document, where the profile names one."""

from pathlib import Path

from adapters.town_center.settings import TownSettings
from adapters.wire.contracts.fetch import Documents
from adapters.wire.contracts.reader import OpenApiReader
from hub.messages import catalog
from hub.ports import ContractReader

SHIPPED = Path(__file__).parents[2] / "schemas" / "town_center" / "openapi.yaml"


def contract_reader(settings: TownSettings) -> ContractReader | None:
    """Return what reads it, None where the profile names no address."""
    address = settings.contract_address
    if not address:
        return None
    documents = Documents(address, settings.profile, settings.limits)
    return OpenApiReader(
        name=catalog.TOWN_CENTER, address=address, path=SHIPPED, documents=documents
    )

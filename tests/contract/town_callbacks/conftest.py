"""A little hub and a simulated town that finishes every dossier."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.partners.town import running_town
from tests.support.partners.town_talk import Place, finish, hand_over


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running_town(tmp_path_factory.mktemp("town"), "--supplement-share", "0") as found:
        yield found


@pytest.fixture(scope="module")
def result(place: Place) -> dict[str, Any]:
    """Name, size, hash and address of a result file that the town really serves."""
    number = "000.99.05.H57-180724-0001"
    hand_over(place, number)
    finish(place[0], number)
    file = next(m for m in place[0].sink.messages.values() if m.attachments).attachments[0]
    return {
        "name": file.name,
        "mediaType": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "url": f"{place[1].url}/ket-qua/{file.sha256}",
    }

"""A planted defect is there for its block only: the stories before and after it are the hub's."""

from hub.rules.deliveries.states import DeliveryState
from hub.store.deliveries import delivery_statements
from tests.simulation import defects

OF_STATEMENTS = "a move ignores the state it starts from"


def test_statements_of_a_plant_begin_and_end_with_it() -> None:
    """The store keeps what it has compiled; neither the plant nor what follows may find it."""
    before = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    assert delivery_statements.delivering(DeliveryState.AMBIGUOUS) is before, "they are kept"
    with defects.plant(OF_STATEMENTS):
        planted = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    after = delivery_statements.delivering(DeliveryState.AMBIGUOUS)
    assert len({id(before), id(planted), id(after)}) == 3

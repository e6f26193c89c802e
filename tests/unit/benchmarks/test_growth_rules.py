"""The growth benchmark knows every table of the store."""

from tests.benchmarks.growth.stores.expressions import Expressions, Facts, agency_of
from tests.benchmarks.growth.stores.multiply import all_tables, must_know_all
from tests.benchmarks.growth.stores.rules import MULTIPLIED, STAYS


def test_every_table_has_one_rule_for_a_grown_store() -> None:
    """A new table is multiplied or stays, by a decision: else a grown store would not be whole."""
    must_know_all()
    assert not set(MULTIPLIED) & set(STAYS)


def test_rules_name_columns_that_are_there() -> None:
    """What a rule renames exists, so that a renamed column does not stay as it is unnoticed."""
    tables = {table.name: table for table in all_tables()}
    for name, rule in MULTIPLIED.items():
        named = {*rule.ids, *rule.counts, *([rule.unique] if rule.unique else [])}
        assert named <= set(tables[name].columns.keys()), name


def test_a_copy_has_ids_and_numbers_of_its_own() -> None:
    """No two copies share the beginning of an id or of a dossier number with one another."""
    facts = Facts(moments=("01a220", "01a221"), strides={}, renamed={})
    clause = Expressions("sqlite", facts).copies(1, 150)
    rows = [row.split("', '") for row in clause.partition("VALUES (")[2].split("), (")]
    begins = [moment.strip("')") for row in rows for moment in row[-2:]] + list(facts.moments)
    assert len(set(begins)) == len(begins)
    assert len({agency_of(k) for k in range(1, 9_701)}) == 9_700

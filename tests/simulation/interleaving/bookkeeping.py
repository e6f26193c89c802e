"""What a simulated PostgreSQL notes by itself, in the transaction that changes what it is about.

Only new rows are written, so that noting makes no transaction wait for another one. What is
committed is taken out by the observer.
"""

from hub.rules.deliveries.states import MOVES

_MOVES = ", ".join(
    f"('{source}', '{target}')" for source, targets in MOVES.items() for target in sorted(targets)
)
_OF_DELIVERIES = f"""
CREATE FUNCTION sim_of_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO sim_notes VALUES
            ('balance', OLD.destination, OLD.state, 1);
    END IF;
    IF TG_OP = 'DELETE' THEN
        INSERT INTO sim_notes VALUES ('balance', OLD.destination, 'accepted', 1);
        RETURN NULL;
    END IF;
    INSERT INTO sim_notes VALUES
        ('balance', NEW.destination, NEW.state, -1), ('touched', NEW.id, '', 1);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sim_notes VALUES ('balance', NEW.destination, 'accepted', -1);
    ELSIF OLD.state <> NEW.state THEN
        IF (OLD.state, NEW.state) NOT IN ({_MOVES}) THEN
            RAISE 'a move that the state table does not have: % to %', OLD.state, NEW.state;
        END IF;
        INSERT INTO sim_notes VALUES ('move', OLD.state, NEW.state, 1);
    END IF;
    RETURN NULL;
END $$
"""  # noqa: S608 - written here


def _of_counts(table: str, column: str) -> tuple[str, str]:
    function = f"""
    CREATE FUNCTION sim_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO sim_notes VALUES ('balance', NEW.destination, NEW.state, NEW.{column});
        END IF;
        IF TG_OP <> 'INSERT' THEN
            INSERT INTO sim_notes VALUES ('balance', OLD.destination, OLD.state, -OLD.{column});
        END IF;
        RETURN NULL;
    END $$
    """  # noqa: S608 - written here
    return function, _trigger(table)


def _trigger(table: str) -> str:
    return (
        f"CREATE TRIGGER sim_notes AFTER INSERT OR UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION sim_of_{table}()"
    )


STATEMENTS = (
    "CREATE TABLE sim_notes (kind TEXT, one TEXT, two TEXT, change BIGINT)",
    _OF_DELIVERIES,
    _trigger("deliveries"),
    *_of_counts("delivery_counts", "count"),
    *_of_counts("delivery_count_changes", "change"),
)

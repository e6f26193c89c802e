"""Which dossiers of the seed are made old and copied: finished, with nothing of them under way."""

from tests.benchmarks.growth.stores.expressions import SEED_AGENCY
from tests.benchmarks.growth.stores.rules import CHOSEN

CHOOSE = f"""
CREATE TABLE {CHOSEN} AS SELECT number FROM dossiers d
WHERE number LIKE '{SEED_AGENCY}%' AND d.finished_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM legs l WHERE l.number = d.number AND l.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.lane = d.number AND o.settled_at IS NULL)
  AND NOT EXISTS (
    SELECT 1 FROM journal j WHERE j.key = d.number AND j.state NOT IN ('handled', 'outgoing'))
  AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.subject = d.number)
  AND NOT EXISTS (
    SELECT 1 FROM deliveries o JOIN tasks t ON t.delivery_id = o.id WHERE o.lane = d.number)
"""
"""Makes the table of their numbers."""

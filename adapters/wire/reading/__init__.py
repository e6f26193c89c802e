"""How partners' replies are read, for every adapter: tolerant, bounded, and each refusal precise.

In the order of the work: `framing` (HTTP from a socket), `coding` (gzip, deflate), `package`
(multipart), `charset`, then `xml` with `soap` or `json`, then `record` (the fields of a contract),
then `code_table` with `words` (what a code and its message say). `findings` goes along: what was
bent or ignored is drift, what has two readings is refused. Nothing here concludes that a call is
done.
"""

from adapters.wire.reading.findings import Findings
from adapters.wire.reading.reply import Reply

__all__ = ["Findings", "Reply"]

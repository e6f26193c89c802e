"""What people read, as data: sentences by id, in Vietnamese and in English.

`text("cancellation.superseded", older=3)` is the entry `superseded` of `cancellation.toml` in this
folder, in the language of the process. `both` returns the two languages, for what is stored or
handed to a partner. `doctor.toml`, `log_events.toml` and `settings.toml` are no such files: they
hold what `script/docs` writes into the runbook.
"""

from hub.texts.catalog import (
    Explained,
    Language,
    Text,
    both,
    joined,
    language_of,
    text,
    use_language,
)

__all__ = ["Explained", "Language", "Text", "both", "joined", "language_of", "text", "use_language"]

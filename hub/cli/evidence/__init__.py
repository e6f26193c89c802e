"""Commands that prove: a dossier's slip, the chained logs, the conservation, the archive."""

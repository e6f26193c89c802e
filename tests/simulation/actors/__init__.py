"""Those who act in a story and are no part of the hub: persons, the courier, archive and disk."""

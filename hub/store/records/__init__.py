"""The ward's records in the store: dossiers, legs, papers, slips, and what was seen of them."""

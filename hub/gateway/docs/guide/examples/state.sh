curl -sS --fail --retry 9 --retry-delay 1 --retry-all-errors -H @partner.header \
     "$HUB/v1/dossiers/$MA_HO_SO"

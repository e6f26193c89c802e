curl -sS -H @partner.header -H 'Content-Type: application/json' \
     -H "Idempotency-Key: nop-$MA_HO_SO" --data-binary @nop.json \
     -o /dev/null -D - "$HUB/v1/dossiers" | tr -d '\r' | grep -i 'HTTP/\|replayed'

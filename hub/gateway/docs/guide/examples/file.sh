curl -sS -o giay.pdf "$HUB/docs/examples/TP-01.pdf"
TEP=$(sha256sum giay.pdf | cut -d' ' -f1)
curl -sS -H @partner.header -H 'Content-Type: application/pdf' -H "X-Sha256: $TEP" \
     --data-binary @giay.pdf "$HUB/v1/files"

curl -sS -H @partner.header -o thay-doi.json "$HUB/v1/changes?limit=1"
SAU=$(sed 's/.*"tiepTheo":"\([^"]*\)".*/\1/' thay-doi.json)
curl -sS -H @partner.header "$HUB/v1/changes?limit=1&after=$SAU"

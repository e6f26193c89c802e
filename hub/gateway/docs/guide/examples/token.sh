tr -d '\n' < partner.key | curl -sS -d grant_type=client_credentials -d "client_id=$CLIENT" \
     --data-urlencode client_secret@- -o token.json "$HUB/oauth2/token"
sed 's/.*"access_token":"\([^"]*\)".*/Authorization: Bearer \1/' token.json > token.header
curl -sS -H @token.header -o /dev/null -w '%{http_code}\n' "$HUB/v1/dossiers?ngay=2018-01-01"

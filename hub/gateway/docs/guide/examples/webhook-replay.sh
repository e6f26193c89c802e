curl -sS --fail -H @partner.header -H 'Content-Type: application/json' -o /dev/null \
     -d "{\"tuThoiDiem\": \"${NGAY}T00:00:00Z\"}" "$HUB/v1/webhooks/$WEBHOOK/replays"

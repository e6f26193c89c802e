. ./settings
CONG=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
rm -f webhook.secret
hub webhooks add "$CLIENT" "http://127.0.0.1:$CONG/su-kien" --secret-file webhook.secret \
    --actor "Lê Thị Thử" --reason "thử webhook"
WEBHOOK=$(curl -sS -H @partner.header "$HUB/v1/webhooks" | sed 's/.*"maWebhook":"\([^"]*\)".*/\1/')
curl -sS -H @partner.header "$HUB/v1/webhooks/$WEBHOOK"

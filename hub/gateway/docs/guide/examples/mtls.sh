cat chung-thu.pem >> "$HUB_HTTP_CLIENT_CA_FILE"
curl -sS --fail --retry 9 --retry-delay 1 --retry-all-errors --cacert "$HUB_HTTP_CERTIFICATE_FILE" \
     --cert chung-thu.pem --key chung-thu.key "https://127.0.0.1:$HUB_HTTPS_PORT/v1/dossiers/$MA_HO_SO" \
     -o /dev/null -w '%{http_code}\n'

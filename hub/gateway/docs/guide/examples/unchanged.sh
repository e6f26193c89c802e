curl -sS -H @partner.header --etag-save hoso.etag -o hoso.json "$HUB/v1/dossiers/$MA_HO_SO"
curl -sS -H @partner.header --etag-compare hoso.etag -o /dev/null -w '%{http_code}\n' \
     "$HUB/v1/dossiers/$MA_HO_SO"

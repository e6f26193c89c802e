URL="$HUB/v1/dossiers/$MA_HO_SO/files/$TEP"
curl -sS -I -H @partner.header "$URL" | tr -d '\r' | grep -i '^accept-ranges'
curl -sS --fail -H @partner.header -r 0-199 -o lon.pdf "$URL"
curl -sS --fail -H @partner.header -C - --retry 9 --retry-all-errors -o lon.pdf "$URL"
sha256sum lon.pdf | grep -c "$TEP"

curl -sS --fail -H @partner.header -o tai-ve.pdf "$HUB/v1/dossiers/$MA_HO_SO/files/$TEP"
sha256sum tai-ve.pdf
curl -sS --fail -H @partner.header -r 0-7 "$HUB/v1/dossiers/$MA_HO_SO/files/$TEP"

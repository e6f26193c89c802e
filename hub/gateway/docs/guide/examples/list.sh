curl -sS -H @partner.header -o trang-1.json -D - "$HUB/v1/dossiers?ngay=$NGAY&soLuong=1" |
    tr -d '\r' | grep -i '^HTTP/\|^link'

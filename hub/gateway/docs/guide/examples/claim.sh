curl -sS -X POST -H @partner.header -H "Idempotency-Key: nhan-$MA_HO_SO" \
     "$HUB/v1/dossier-claims?soLuong=1&thoiGianGiu=300"

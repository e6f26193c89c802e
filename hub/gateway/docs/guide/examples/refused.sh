curl -sS -H @partner.header -H 'Content-Type: application/json' \
     --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/statuses" <<END
{
  "trangThai": 11, "thoiDiemXuLy": "${NGAY}T01:00:00Z",
  "nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai"
}
END

curl -sS -H @partner.header -H 'Content-Type: application/json' \
     -H "Idempotency-Key: tt-4-$MA_HO_SO" --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/statuses" <<END
{
  "trangThai": 4, "thoiDiemXuLy": "${NGAY}T00:10:00Z",
  "nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai",
  "noiDungXuLy": "Thẩm tra hồ sơ"
}
END

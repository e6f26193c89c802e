curl -sS -H @partner.header -H 'Content-Type: application/json' \
     --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/procedure-corrections" <<END
{
  "thoiDiemXuLy": "${NGAY}T00:40:00Z",
  "nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai",
  "maTTHCSai": "1.012781", "maTTHCDung": "1.012783",
  "lyDo": "Cấp đổi giấy, không phải biến động"
}
END

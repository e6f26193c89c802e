curl -sS -H @partner.header -H 'Content-Type: application/json' \
     --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/payment-requests" <<END
{
  "ngayThongBao": "${NGAY}T00:30:00Z",
  "nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai",
  "thongBaoThue": [
    {"soThongBao": "TB-0001", "loaiThue": "Lệ phí trước bạ", "soTien": 1250000}
  ]
}
END

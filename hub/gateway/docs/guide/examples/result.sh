curl -sS -H @partner.header -H 'Content-Type: application/json' \
     --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/results" <<END
{
  "ngayKetThuc": "${NGAY}T00:50:00Z",
  "nguoiXuLy": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai",
  "maKetQua": "KQ-GCN", "soVanBan": "15/QĐ-VD",
  "tepDinhKem": [{"tenTep": "ket-qua.pdf", "loaiTep": "application/pdf", "maBamTep": "$TEP"}]
}
END

curl -sS -H @partner.header -H 'Content-Type: application/json' \
     --data-binary @- "$HUB/v1/dossiers/$MA_HO_SO/supplement-requests" <<END
{
  "ngayYeuCau": "${NGAY}T00:20:00Z",
  "nguoiYeuCau": "Lê Thị Thử", "phongBanXuLy": "Văn phòng Đăng ký đất đai",
  "giayToBoSung": ["Giấy chứng nhận đã cấp"],
  "noiDungBoSung": "Bản chụp bị mờ, đề nghị nộp lại"
}
END

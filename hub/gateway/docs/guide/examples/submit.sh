NGAY=$(date -u +%Y-%m-%d)
export MA_HO_SO=000.99.01.H57-$(date -u +%y%m%d)-9001
cat > nop.json <<END
{
  "maHoSo": "$MA_HO_SO",
  "maTTHC": "1.012781",
  "chuHoSo": {"hoTen": "Nguyễn Văn Mẫu", "soGiayTo": "000000000001"},
  "trichYeu": "Đăng ký biến động",
  "ngayNop": "${NGAY}T00:00:00Z",
  "thanhPhanHoSo": [
    {"maThanhPhan": "TN02-BD", "tenThanhPhan": "Đơn đăng ký biến động đất đai", "soBanChinh": 1}
  ],
  "tepDinhKem": [
    {"tenTep": "giay.pdf", "loaiTep": "application/pdf", "maThanhPhan": "TN02-BD", "maBamTep": "$TEP"}
  ]
}
END
curl -sS -H @partner.header -H 'Content-Type: application/json' \
     -H "Idempotency-Key: nop-$MA_HO_SO" --data-binary @nop.json "$HUB/v1/dossiers"

cat > ket-qua.xml <<END
<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope">
  <soap:Body>
    <ThongBaoNghiaVuTaiChinh xmlns="urn:one-stop-hub:hub:v1">
      <maYeuCau>thue-$MA_HO_SO</maYeuCau>
      <maHoSo>$MA_HO_SO</maHoSo>
      <ngayThongBao>${NGAY}T00:35:00Z</ngayThongBao>
      <nguoiXuLy>Lê Thị Thử</nguoiXuLy>
      <phongBanXuLy>Văn phòng Đăng ký đất đai</phongBanXuLy>
      <thongBaoThue>
        <soThongBao>TB-0002</soThongBao>
        <loaiThue>Thuế thu nhập cá nhân</loaiThue>
        <soTien>500000</soTien>
      </thongBaoThue>
      <tepDinhKem>
        <tenTep>thong-bao.pdf</tenTep>
        <loaiTep>application/pdf</loaiTep>
        <noiDung>$(base64 < giay.pdf)</noiDung>
      </tepDinhKem>
    </ThongBaoNghiaVuTaiChinh>
  </soap:Body>
</soap:Envelope>
END
curl -sS -H @partner.header -H 'Content-Type: application/soap+xml; charset=utf-8' \
     --data-binary @ket-qua.xml -o tra-loi.xml -w '%{http_code}\n' "$HUB/soap"

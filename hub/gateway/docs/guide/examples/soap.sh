cat > tra-cuu.xml <<END
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
  <soap:Body>
    <LayDanhSachHoSo xmlns="urn:one-stop-hub:hub:v1">
      <ngay>$NGAY</ngay>
      <soLuong>1</soLuong>
    </LayDanhSachHoSo>
  </soap:Body>
</soap:Envelope>
END
curl -sS -H @partner.header -H 'Content-Type: text/xml; charset=utf-8' \
     --data-binary @tra-cuu.xml "$HUB/soap"

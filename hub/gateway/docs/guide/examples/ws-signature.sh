S=http://schemas.xmlsoap.org/soap/envelope/
W=http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss
C=http://www.w3.org/2001/10/xml-exc-c14n#
phan() {  # một phần được ký · a part that is signed
    printf '<Reference URI="#%s"><Transforms><Transform Algorithm="%s"/></Transforms>' "$1" "$C"
    printf '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>'
}
cat > chua-ky.xml <<END
<s:Envelope xmlns:s="$S" xmlns:u="$W-wssecurity-utility-1.0.xsd">
  <s:Header>
    <w:Security xmlns:w="$W-wssecurity-secext-1.0.xsd" s:mustUnderstand="1">
      <w:BinarySecurityToken u:Id="token" ValueType="$W-x509-token-profile-1.0#X509v3"
        EncodingType="$W-soap-message-security-1.0#Base64Binary"
      >$(openssl x509 -in chung-thu.pem -outform DER | base64 | tr -d '\n')</w:BinarySecurityToken>
      <u:Timestamp u:Id="luc"><u:Created>$(date -u +%Y-%m-%dT%H:%M:%SZ)</u:Created></u:Timestamp>
      <Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>
        <CanonicalizationMethod Algorithm="$C"/>
        <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
        $(phan than)$(phan luc)$(phan token)
      </SignedInfo><SignatureValue/><KeyInfo><w:SecurityTokenReference>
        <w:Reference URI="#token" ValueType="$W-x509-token-profile-1.0#X509v3"/>
      </w:SecurityTokenReference></KeyInfo></Signature>
    </w:Security>
  </s:Header>
  <s:Body u:Id="than">
    <TraCuuHoSo xmlns="urn:one-stop-hub:hub:v1"><maHoSo>$MA_HO_SO</maHoSo></TraCuuHoSo>
  </s:Body>
</s:Envelope>
END
xmlsec1 --sign --privkey-pem chung-thu.key --id-attr:Id "$S:Body" \
    --id-attr:Id "$W-wssecurity-utility-1.0.xsd:Timestamp" \
    --id-attr:Id "$W-wssecurity-secext-1.0.xsd:BinarySecurityToken" --output da-ky.xml chua-ky.xml
curl -sS -H 'Content-Type: text/xml; charset=utf-8' --data-binary @da-ky.xml -o tra-loi.xml \
     -w '%{http_code}\n' "$HUB/soap"

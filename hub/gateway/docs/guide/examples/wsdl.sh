curl -sS -o hub.wsdl "$HUB/soap?wsdl"
curl -sS -o hub.xsd "$HUB/soap?xsd=hub.xsd"
grep -o 'soap12:address location="[^"]*"' hub.wsdl

head -c 300 giay.pdf > phan-1
curl -sS -H @partner.header -H 'Tus-Resumable: 1.0.0' -X POST -o /dev/null -D tai.header \
     -H "Upload-Length: $(wc -c < giay.pdf | tr -d ' ')" \
     -H "Upload-Metadata: filename $(printf giay.pdf | base64),sha256 $(printf %s "$TEP" | base64 | tr -d '\n')" \
     "$HUB/v1/uploads"
TAI=$(tr -d '\r' < tai.header | sed -n 's/^[Ll]ocation: //p')
curl -sS -H @partner.header -H 'Tus-Resumable: 1.0.0' -H 'Upload-Offset: 0' -X PATCH \
     -H 'Content-Type: application/offset+octet-stream' --data-binary @phan-1 "$TAI"

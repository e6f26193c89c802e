sed 's/<ngay>.*</<ngay>mai</' tra-cuu.xml > sai.xml
curl -sS -H @partner.header -H 'Content-Type: text/xml; charset=utf-8' \
     --data-binary @sai.xml "$HUB/soap"

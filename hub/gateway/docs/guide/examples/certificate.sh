openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=$CLIENT" \
    -keyout chung-thu.key -out chung-thu.pem 2> chung-thu.log
hub clients add "chung-thu-$(date +%s)" --operation '*' --agency '*' --certificate chung-thu.pem \
    --actor "Lê Thị Thử" --reason "thử chứng thư"

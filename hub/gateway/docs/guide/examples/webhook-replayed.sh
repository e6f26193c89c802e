until [ "$(sort -u da-nhan.txt | wc -l)" -gt 1 ]; do sleep 1; done
kill $NHAN
hub webhooks retire "$WEBHOOK" --actor "Lê Thị Thử" --reason "thử xong"

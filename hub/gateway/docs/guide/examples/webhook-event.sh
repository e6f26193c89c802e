until [ -s da-nhan.txt ]; do sleep 1; done
cat su-kien.json

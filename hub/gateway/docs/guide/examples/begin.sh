export HUB=http://127.0.0.1:8080
export CLIENT=sandbox
umask 077
printf 'Authorization: Bearer %s\n' "$(cat partner.key)" > partner.header
curl -sS -H @partner.header "$HUB/v1/dossiers?ngay=2018-01-01"

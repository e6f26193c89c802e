DA_NHAN=$(curl -sS -I -H @partner.header -H 'Tus-Resumable: 1.0.0' "$TAI" |
    tr -d '\r' | sed -n 's/^[Uu]pload-[Oo]ffset: //p')
tail -c +$((DA_NHAN + 1)) giay.pdf > con-lai
curl -sS -H @partner.header -H 'Tus-Resumable: 1.0.0' -H "Upload-Offset: $DA_NHAN" -X PATCH \
     -H 'Content-Type: application/offset+octet-stream' --data-binary @con-lai "$TAI"
curl -sS -H @partner.header "$TAI"

cat > nhan.py <<'END'
import http.server
import pathlib
import sys

from standardwebhooks import Webhook, WebhookVerificationError

hook = Webhook(open("webhook.secret").read().split()[0])
known = pathlib.Path("da-nhan.txt")
known.write_text("")


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            hook.verify(body, headers)
        except WebhookVerificationError:
            return self.send_error(401)
        if headers["webhook-id"] not in known.read_text().split():
            pathlib.Path("su-kien.json").write_bytes(body)
            lines = [f"{name}: {value}" for name, value in headers.items()]
            pathlib.Path("su-kien.header").write_text("\n".join(lines))
            with known.open("a") as file:
                file.write(headers["webhook-id"] + "\n")
        self.send_response(204)
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
END
rm -f su-kien.json
python3 nhan.py "$CONG" > nhan.log 2>&1 &
NHAN=$!
trap 'kill $NHAN 2> /dev/null || true' EXIT
until curl -s -o /dev/null "http://127.0.0.1:$CONG"; do sleep 1; done
curl -sS --fail -X POST -H @partner.header -o /dev/null "$HUB/v1/webhooks/$WEBHOOK/tests"

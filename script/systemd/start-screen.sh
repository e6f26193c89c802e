#!/bin/sh
# Opens the hub's page on a kiosk or an information display, with a browser that a person cannot leave.
# Called by hub-screen.service, which gives RUNTIME_DIRECTORY (in memory) and these settings:
#   HUB_COUNTER     address of the role counter, e.g. http://192.168.1.10:8090
#   SCREEN_KEY      file with the key of `hub clients add`, for this user only
#   SCREEN_SIZE     width,height of the screen: 1080,1920 for a kiosk, 1920,1080 for a display
#   SCREEN_BROWSER  program; chromium without it
set -eu
: "${HUB_COUNTER:?the address of the role counter}" "${SCREEN_KEY:?the file of the key}"
key=$(cat "$SCREEN_KEY")
case $key in
hub_????????_*) ;;
*) echo "$SCREEN_KEY holds no key of a client" >&2; exit 1 ;;
esac
umask 077
# The key is posted once by a page of this machine; afterwards a cookie carries it, in memory only. After a
# power cut the screen is often there before the hub: the page waits for it and says so.
cat >"$RUNTIME_DIRECTORY/start.html" <<END
<!doctype html>
<html lang="vi">
<meta charset="utf-8">
<title>start</title>
<style>
body { margin: 20vh 8vw; font: 2rem/1.5 sans-serif; color: #1d2733; background: #fff; }
h1 { font-size: 3rem; }
</style>
<main hidden>
<h1>Chưa kết nối được với trung tâm</h1>
<p>Từ <b></b>. Màn hình tự vào khi có kết nối. Cần ngay thì hỏi cán bộ tại quầy.</p>
<p lang="en">No connection to the hub ($HUB_COUNTER) yet. This screen enters by itself; officers at the desks can help.</p>
</main>
<form method="post" action="$HUB_COUNTER/enter"><input type="hidden" name="key" value="$key"></form>
<script>
const waiting = document.querySelector("main");
waiting.querySelector("b").textContent = new Date().toLocaleTimeString("vi", { timeStyle: "short" });
function enter() {
  // Only the hub's own answer may be read here: a proxy before it that has no hub yet is none.
  fetch("$HUB_COUNTER/enter", { cache: "no-store" }).then(
    () => document.forms[0].submit(),
    () => { waiting.hidden = false; setTimeout(enter, 3000); });
}
enter();
</script>
END
exec "${SCREEN_BROWSER:-chromium}" --kiosk --incognito --no-first-run --no-default-browser-check \
    --disable-translate --disable-pinch --overscroll-history-navigation=0 --disable-features=Translate,TranslateUI \
    --autoplay-policy=no-user-gesture-required --kiosk-printing --noerrdialogs --disable-session-crashed-bubble \
    --user-data-dir="$RUNTIME_DIRECTORY/profile" --window-position=0,0 --window-size="${SCREEN_SIZE:-1080,1920}" \
    "file://$RUNTIME_DIRECTORY/start.html"

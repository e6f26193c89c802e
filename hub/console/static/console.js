// The console without this file works, too: it only keeps a page fresh and saves clicks.
// No inline script, no eval, nothing from outside.

const live = document.querySelector("[data-live]");
const stale = document.querySelector("[data-stale-notice]");

/** Show or hide the notice that what is shown may be old. */
function markStale(text) {
  if (!live || !stale) return;
  live.toggleAttribute("data-stale", Boolean(text));
  stale.hidden = !text;
  const place = stale.querySelector("[data-stale-text]");
  if (place && place.textContent !== text) place.textContent = text;
}

/** Put fresh HTML in, without moving the focus or closing what is open. */
function replace(html) {
  const open = new Set([...live.querySelectorAll("details[open][id]")].map((it) => it.id));
  const focused = document.activeElement;
  const path = live.contains(focused) && focused.getAttribute("href");
  live.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (path) live.querySelector(`a[href="${CSS.escape(path)}"]`)?.focus({ preventScroll: true });
}

if (live) {
  let source;
  let last = live.dataset.at;
  const words = live.dataset.lost;
  const listen = () => {
    source = new EventSource(live.dataset.live);
    source.addEventListener("page", (event) => {
      const told = JSON.parse(event.data);
      last = told.at;
      replace(told.html);
      markStale("");
    });
    source.addEventListener("away", (event) => {
      const told = JSON.parse(event.data);
      markStale(told.text.replace("{at}", last));
    });
    source.addEventListener("error", () => {
      markStale(words.replace("{at}", last));
      // The browser tries again by itself, unless the answer was no stream: signed out, an error.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
    });
  };
  listen();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
}

// How many proposals wait for this person, anew every twenty seconds while the page is seen.
const count = document.querySelector("[data-count]");
if (count) setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(count.dataset.count).catch(() => null);
  if (!answer?.ok) return;
  count.textContent = await answer.text();
  count.hidden = count.textContent === "0";
}, 20000);

// "/" goes to the search box, as on other consoles.
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector("input[type=search]");
  if (box) { event.preventDefault(); box.focus(); }
});

// A page for paper has a button that prints it, as "print" of the browser does.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A form is sent once, however often its button is clicked.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

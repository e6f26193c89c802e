// The kiosk without this file works, too: this gives keys to touch, the reader's codes, and the
// first page again when nobody is there any more.

const idle = Number(document.body.dataset.idle) * 1000;
const first = "first" in document.body.dataset;
const going = document.querySelector("[data-going]");
const WARNED = Math.min(10000, idle / 2);
let leaves;
let warns;

/** Begin the time anew after which the page is left. */
function touched() {
  clearTimeout(leaves);
  clearTimeout(warns);
  going.hidden = true;
  if (first) return;
  warns = setTimeout(() => { going.hidden = false; }, idle - WARNED);
  leaves = setTimeout(() => {
    for (const form of document.forms) form.reset();
    location.replace("/kiosk/reset");
  }, idle);
}
for (const name of ["pointerdown", "keydown", "scroll"]) addEventListener(name, touched, { passive: true });
addEventListener("pageshow", (event) => {
  if (event.persisted) location.replace("/kiosk/reset"); // of the person before
});
touched();

// Keys for a screen without a keyboard.
let field = document.querySelector("input[autofocus]") ?? document.querySelector("main input[type=text]");
addEventListener("focusin", (event) => { if (event.target.matches("main input")) field = event.target; });
addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  if (!button || !field) return;
  const key = button.dataset.key;
  field.value = key ? (field.value + key).slice(0, field.maxLength) : field.value.slice(0, -1);
  field.focus({ preventScroll: true });
});

document.addEventListener("hub:code", (event) => {
  event.preventDefault();
  const form = document.querySelector("[data-reader-form]");
  form.elements.number.value = event.detail;
  form.submit();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// A form is sent once, however often its button is touched.
addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "1";
});

// The hub knows by this line that the kiosk is there, and the person that the hub is not.
const lost = document.querySelector("[data-lost]");
const line = new EventSource(`/kiosk/live?width=${innerWidth}&height=${innerHeight}`);
line.addEventListener("error", () => { lost.hidden = false; });
// Nobody is led to the browser's own page of an error, from which no touch leads back.
for (const name of ["click", "submit"]) {
  addEventListener(name, (event) => {
    const leaves = name === "submit" || event.target.closest("a[href]");
    if (leaves && !lost.hidden) { event.preventDefault(); event.stopImmediatePropagation(); }
  }, true);
}
for (const name of ["page", "same"]) line.addEventListener(name, () => { lost.hidden = true; });
addEventListener("pagehide", () => line.close());

// The first page stands for days, and says when the office is open. It is fetched before it is
// shown anew: a browser that loads a page of a hub that is away shows its own.
if (first) setInterval(() => fetch("/kiosk").then((answer) => answer.ok && location.reload()).catch(() => {}), 600000);

// A barcode reader that types: its keys come faster than a person's and end with a suffix. What it
// typed into a field is taken out again, and the code is announced, wherever the focus is.
// Keys are read by their place (`code`), so neither Telex nor the layout changes them.

const FASTEST = 30; // ms between two keys: no person types a whole number like that
const LEAST = 6;
const PERSON = 300; // ms: keys that are this close belong together, fast ones and slow ones
const AGAIN = 1000; // ms within which the same code is one reading
// A dossier number alone (Code 128), or what the QR code of a paper holds.
const SHAPE = /^(?:HS1:)?([0-9A-Z.]{1,30}-(?:[0-9]{6}|[0-9]{8})-[0-9]{4,7})(?::[^:]{0,60}:[0-9A-F]{6})?$/;
const SIGNS = { Minus: "-", NumpadSubtract: "-", Period: ".", NumpadDecimal: ".", Semicolon: ":" };
// A code from a phone or a token is typed fast, too: what belongs to a sign-in is nobody else's.
const SECRET = "input[type=password], [autocomplete=one-time-code]";
const page = document.documentElement.dataset;
const prefix = (page.readerPrefix ?? "").toUpperCase();
const suffix = page.readerSuffix || "Enter";

let keys = "";
let last = -Infinity;
let field = null; // as it was before the first key
let broken = false; // the keys follow others too slowly: a person's, or a reader that faltered
let composes = false; // an input method, at some key of the code
let read = { code: "", at: -Infinity };

/** The letter, digit or sign of a key; "" for a modifier, null for what no code holds. */
function letterOf(event) {
  if (/^(Shift|CapsLock|NumLock)/.test(event.code)) return "";
  const plain = /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(event.code);
  return plain ? plain[1] : SIGNS[event.code] ?? null;
}

function remembered(element) {
  if (!element || typeof element.value !== "string" || element.readOnly) return null;
  return { element, value: element.value, at: element.selectionStart ?? null };
}

/** Put a field back; an input method that composes writes into it once more when it ends. */
function restore(before) {
  if (!before) return;
  const put = () => {
    if (before.element.value === before.value) return;
    before.element.value = before.value;
    before.element.dispatchEvent(new Event("input", { bubbles: true }));
    if (before.at !== null) before.element.setSelectionRange(before.at, before.at);
  };
  put();
  if (!composes) return;
  const again = (event) => { if (event.isTrusted) setTimeout(put, 0); };
  before.element.addEventListener("input", again);
  setTimeout(() => before.element.removeEventListener("input", again), AGAIN);
}

/** Let the next key begin anew, with nothing close before it. */
function forget() {
  keys = "";
  last = -Infinity;
}

function announce(text, at) {
  if (text === read.code && at - read.at < AGAIN) return;
  read = { code: text, at };
  const code = SHAPE.exec(text)?.[1] ?? "";
  const name = code ? "hub:code" : "hub:no-code";
  const goesOn = document.dispatchEvent(new CustomEvent(name, { detail: code, cancelable: true }));
  const notice = document.querySelector("[data-reader-notice]");
  if (notice) notice.hidden = name === "hub:code";
  if (goesOn && name === "hub:code" && page.readerOpens) {
    location.assign(page.readerOpens + encodeURIComponent(code));
  }
}

addEventListener("keydown", (event) => {
  if (event.target instanceof Element && event.target.matches(SECRET)) return forget();
  const at = event.timeStamp;
  const fast = at - last < FASTEST;
  if (event.code === suffix && fast && keys.length >= LEAST && keys.startsWith(prefix)) {
    const code = broken ? "" : keys.slice(prefix.length);
    forget();
    // The end of a code could be another dossier's: in a field the whole is read as typed.
    if (broken && field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    restore(field);
    announce(code, at);
    return;
  }
  const letter = event.ctrlKey || event.altKey || event.metaKey ? null : letterOf(event);
  if (letter === "") return;
  if (letter === null) return forget(); // in no code, as the "/" that leads to the search
  if (!fast) {
    broken = at - last < PERSON;
    composes = false;
    keys = "";
    field = remembered(document.activeElement);
  }
  last = at;
  composes ||= event.isComposing;
  keys += letter;
}, true);

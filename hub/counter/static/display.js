// Keeps the display fresh, says since when it is not, chimes for a new call, and shows the sectors
// one after another. Nothing of it is needed to read the page.

const live = document.querySelector("[data-live]");
const stale = document.querySelector("[data-stale]");
const SILENT = 8000; // ms without an event: the line is dead, whatever the browser believes
let at = live.dataset.at;
let heard = performance.now();
let latest = live.querySelector("[data-latest]")?.dataset.latest;
let source;
let sector = 0;

function markStale(isStale) {
  live.toggleAttribute("data-old", isStale);
  stale.hidden = !isStale;
  stale.querySelector("[data-since]").textContent = at;
}

function fresh(time) {
  at = time;
  document.querySelector("[data-time]").textContent = time;
  markStale(false);
}

/** Two tones; a browser that allows no sound without a touch stays quiet. */
function chime() {
  const sound = new AudioContext();
  for (const [start, pitch] of [[0, 880], [0.35, 660]]) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.setValueAtTime(0.3, sound.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + start + 0.6);
    tone.frequency.value = pitch;
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + start);
    tone.stop(sound.currentTime + start + 0.6);
  }
  setTimeout(() => sound.close(), 1500);
}

function showSector() {
  const all = [...live.querySelectorAll("[data-sector]")];
  all.forEach((it, place) => { it.hidden = place !== sector % all.length; });
}

function listen() {
  source?.close();
  heard = performance.now();
  source = new EventSource(`${live.dataset.live}?width=${innerWidth}&height=${innerHeight}`);
  source.addEventListener("page", (event) => {
    heard = performance.now();
    const told = JSON.parse(event.data);
    live.innerHTML = told.html;
    showSector();
    fresh(told.at);
    const called = live.querySelector("[data-latest]")?.dataset.latest;
    if (called && called !== latest) chime();
    latest = called;
  });
  source.addEventListener("same", (event) => { heard = performance.now(); fresh(JSON.parse(event.data)); });
  source.addEventListener("away", () => { heard = performance.now(); markStale(true); });
  source.addEventListener("error", () => markStale(true));
}

listen();
setInterval(() => {
  if (performance.now() - heard > SILENT) { markStale(true); listen(); }
}, 2000);
setInterval(() => { sector += 1; showSector(); }, 15000);

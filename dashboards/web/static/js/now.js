// On the page Now: says quietly how many stories came in since; shows them when asked to, never before.

const told = document.querySelector("#fresh");
const shown = new Set([...document.querySelectorAll("[data-story]")].map((one) => one.dataset.story));
const KEPT = "biowire-known";
const RETRY = 60_000;

/** Mark what was not on the page that its reader came from by the link above. */
function markNew() {
  const known = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (known === null) return;
  const before = new Set(JSON.parse(known));
  for (const story of document.querySelectorAll("[data-story]")) {
    if (before.has(story.dataset.story)) continue;
    const chip = document.createElement("span");
    chip.className = "chip good";
    chip.textContent = told.dataset.mark;
    story.querySelector(".meta").append(" ", chip);
  }
}

/** One link, as wide as its words: pages stay where they are until somebody follows it. */
function say(count) {
  if (count === Number(told.dataset.count ?? 0)) return;
  told.dataset.count = count;
  const link = document.createElement("a");
  link.className = "button";
  link.href = told.dataset.to;
  link.textContent = count === 1 ? told.dataset.one : told.dataset.many.replace("{}", count);
  link.addEventListener("click", () => sessionStorage.setItem(KEPT, JSON.stringify([...shown])));
  told.replaceChildren(...(count ? [link] : []));
}

function listen() {
  const stream = new EventSource("/live");
  stream.addEventListener("stories", (event) => {
    const newest = JSON.parse(event.data)[told.dataset.shown];
    say(newest.filter((id) => !shown.has(id)).length);
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RETRY); // refused: full, or signed out
  });
  addEventListener("pagehide", () => stream.close(), { once: true });
  addEventListener("pageshow", (event) => event.persisted && listen(), { once: true });
}

markNew();
listen();

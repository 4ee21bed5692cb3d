// On every page: times said as people say them, and "/" to search.

const steps = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const said = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "short" });

/** How long ago a moment is, in the reader's words; the exact one stays in `title`. */
export function ago(moment, now = Date.now()) {
  const seconds = (moment - now) / 1000;
  const step = steps.find(([, length]) => Math.abs(seconds) >= length);
  return step ? said.format(Math.round(seconds / step[1]), step[0]) : said.format(0, "minute");
}

/** Say all times below `root` that way. */
export function tellTimes(root = document) {
  for (const time of root.querySelectorAll("time:not([data-exact])")) {
    time.textContent = ago(Date.parse(time.dateTime));
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    document.querySelector("#find")?.focus();
  }
});

tellTimes();
setInterval(tellTimes, 60_000);

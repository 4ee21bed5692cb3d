// A form that is tried on the archive while it is written: one trial at a time, the last wish wins.
//
// `data-trial` names where the form is sent to be tried. The answer is the whole page; taken out of it are
// `#trial` and what is said beside each field (`data-field`). `data-trial-now`: try it as it stands, too.

const PAUSE = 700;
const AGAIN = 1500;
const BUSY = 429;

/** The page that answers a form, as a document that runs nothing; null while another trial is under way. */
function answered(address, form, token) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.responseType = "document";
    request.setRequestHeader("x-biowire-token", token);
    request.setRequestHeader("x-biowire-typing", "1");
    request.onload = () => resolve(request.status === BUSY ? null : request.responseXML);
    request.onerror = reject;
    request.send(form);
  });
}

function follow(form) {
  const place = document.querySelector("#trial");
  const token = document.querySelector("meta[name=biowire-token]").content;
  let timer = 0;
  let busy = false;
  let waiting = false;

  function show(page) {
    const trial = page?.querySelector("#trial");
    if (!trial) return;
    place.replaceChildren(...trial.childNodes);
    for (const field of form.querySelectorAll("[data-field]")) {
      const said = page.querySelector(`[data-field="${CSS.escape(field.dataset.field)}"]`);
      if (!said) continue;
      field.classList.toggle("wrong", said.classList.contains("wrong"));
      const hint = said.querySelector(".hint");
      if (hint) field.querySelector(".hint")?.replaceChildren(...hint.childNodes);
    }
  }

  async function attempt() {
    if (busy) {
      waiting = true;
      return;
    }
    busy = true;
    place.setAttribute("aria-busy", "true");
    let taken = true;
    try {
      const page = await answered(form.dataset.trial, new FormData(form), token);
      taken = page !== null;
      if (taken) show(page);
    } catch {
      // the server is away: what stood there stays
    }
    busy = false;
    place.removeAttribute("aria-busy");
    if (waiting || !taken) {
      waiting = false;
      timer = setTimeout(attempt, taken ? 0 : AGAIN);
    }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(attempt, PAUSE);
  }

  form.addEventListener("input", soon);
  form.addEventListener("submit", () => clearTimeout(timer));
  if ("trialNow" in form.dataset) attempt();
}

const wrong = document.querySelector("[data-position]");
if (wrong) {
  wrong.focus();
  wrong.setSelectionRange(Number(wrong.dataset.position), Number(wrong.dataset.position) + 1);
}
for (const form of document.querySelectorAll("form[data-trial]")) follow(form);

// Search: drag a period over the histogram; order and near-duplicates at once; copy the link.

const form = document.querySelector(".search-form");

for (const name of ["sort", "copies"]) {
  form.elements[name].addEventListener("change", () => form.requestSubmit());
}

/** Go where the form leads, with this period. */
function take(since, until) {
  for (const [name, value] of [["since", since], ["until", until]]) {
    form.elements[name].type = "text"; // hours are no date of a calendar
    form.elements[name].value = value;
  }
  form.requestSubmit();
}

// Fields left empty make no part of the address.
form.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) {
    if (!value) event.formData.delete(name);
  }
});

const drawing = document.querySelector(".search-line svg");
if (drawing) {
  const slots = [...drawing.querySelectorAll(".search-slot")];
  let from = -1;
  let to = -1;

  /** Which bar a pointer stands over; outside, the nearest. */
  function at(event) {
    const box = drawing.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.min(slots.length - 1, Math.max(0, Math.floor(share * slots.length)));
  }

  function show() {
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    slots.forEach((slot, place) => slot.classList.toggle("taken", from >= 0 && first <= place && place <= last));
  }

  drawing.classList.add("drags");
  drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drawing.setPointerCapture(event.pointerId);
    from = to = at(event);
    show();
  });
  drawing.addEventListener("pointermove", (event) => {
    if (from < 0) return;
    to = at(event);
    show();
  });
  drawing.addEventListener("pointerup", () => {
    if (from < 0) return;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    take(slots[first].dataset.since, slots[last].dataset.until);
  });
  drawing.addEventListener("pointercancel", () => {
    from = -1;
    show();
  });
}

const link = document.querySelector(".search-link");
link?.addEventListener("click", async (event) => {
  if (!navigator.clipboard || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  link.textContent = link.dataset.done;
});

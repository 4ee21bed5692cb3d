// On the page of an article: buttons to copy a citation and to print, where the browser can.

const words = document.querySelector("#cite").dataset;

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet";
  made.textContent = label;
  made.addEventListener("click", () => act(made));
  return made;
}

for (const citation of document.querySelectorAll("#cite pre")) {
  citation.after(button(words.copy, async (pressed) => {
    await navigator.clipboard.writeText(citation.textContent);
    pressed.textContent = words.copied;
    setTimeout(() => (pressed.textContent = words.copy), 2000);
  }));
}

document.querySelector(".article-do").append(button(words.print, () => print()));

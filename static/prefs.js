// How the page looks changes at once and is remembered by the node.

const root = document.documentElement;

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-preferences]") || !submitter) return;
  const next = form.elements.next;
  if (submitter.name === "language") {
    next.value = next.value.split("#")[0] + placeOnPage(); // a new page: come back to the same card
    return;
  }
  event.preventDefault();
  root.dataset[submitter.name] = submitter.value;
  for (const button of form.querySelectorAll(`button[name="${submitter.name}"]`)) button.setAttribute("aria-pressed", String(button === submitter));
  const body = new URLSearchParams(new FormData(form));
  body.set(submitter.name, submitter.value);
  fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual", keepalive: true }).catch(() => {});
});

function placeOnPage() {
  const card = document.activeElement?.closest?.(".card") ?? [...document.querySelectorAll(".card[id]")].find((c) => c.getBoundingClientRect().bottom > 120);
  return card && scrollY > 80 ? `#${card.id}` : location.hash;
}

// An open menu closes when something else is touched.
document.addEventListener("click", (event) => {
  for (const sheet of document.querySelectorAll("details.menu[open], details.up[open]")) if (!sheet.contains(event.target)) sheet.open = false;
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

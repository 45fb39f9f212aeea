// Passphrases are typed unseen; who is alone with the tablet may look at the words.

for (const group of document.querySelectorAll("[data-reveal]")) {
  const button = group.querySelector("button");
  const fields = group.querySelectorAll("input");
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(isShown));
    for (const field of fields) field.type = isShown ? "text" : "password";
  });
}

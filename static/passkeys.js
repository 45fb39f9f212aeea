// A form with data-passkey asks the browser for a passkey before it is sent: "create" makes one, "get" uses one. What is
// asked stands in data-options, what comes back goes into the field `answer`. Until this has been read the button is off:
// a form without an answer would only be refused.

async function answered(form) {
  const options = JSON.parse(form.dataset.options);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  return JSON.stringify(credential.toJSON());
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const failed = form.querySelector("[data-failed]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      form.elements.answer.value = await answered(form);
    } catch {
      failed.hidden = false; // closed by the person, no such key, or a browser that knows none
      return;
    }
    form.submit();
  });
  form.querySelector("button").disabled = false;
}

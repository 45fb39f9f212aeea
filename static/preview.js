// The editors' preview: asks whether a file was saved since this page was made, and then loads it anew at the same place.
const EVERY_MS = 700;
const PLACE = "preview-place"; // this tab's scroll, over one reload

const shown = document.getElementById("preview").dataset.mark;
const kept = sessionStorage.getItem(PLACE);
if (kept) scrollTo(0, Number(kept));
sessionStorage.removeItem(PLACE);

async function look() {
  try {
    const reply = await fetch("/mark", { headers: { "If-None-Match": `"${shown}"` }, cache: "no-store" });
    if (reply.status === 200) {
      sessionStorage.setItem(PLACE, String(scrollY));
      location.reload();
      return;
    }
  } catch {
    // The program was stopped: it is asked again, and the page stays as it is.
  }
  setTimeout(look, EVERY_MS);
}
setTimeout(look, EVERY_MS);

// What a person does with the page.

const files = element("files"), drop = element("drop");

files.addEventListener("change", () => {
  const chosen = [...files.files];
  files.value = "";  // so that the same file can be chosen again
  addImages(chosen);
});
for (const name of ["dragenter", "dragover"]) {
  window.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
window.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
window.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  addImages([...event.dataTransfer.files]);
});
window.addEventListener("paste", (event) => {
  const pasted = [...(event.clipboardData?.files ?? [])];
  if (pasted.length) event.preventDefault();
  addImages(pasted);
});

element("clear").addEventListener("click", clearImages);
element("retry").addEventListener("click", () => again("failed"));
element("map-label").addEventListener("change", () => showHeatMap(shown));
element("map-retry").addEventListener("click", () => showHeatMap(shown));
element("strength").addEventListener("input", setStrength);
element("entries").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = images[images.findIndex((image) => image.button === event.target) + step];
  if (!step || !next) return;
  event.preventDefault();
  next.button.focus();
  showImage(next);
});

element("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!takeToken()) return;
  if (!(await start())) return;
  (images.length ? element("name") : files).focus();
  again("locked");
});
element("forget").addEventListener("click", () => {
  keepToken("");
  location.reload();
});

/** Reads what is to be known of the model and the service; returns whether it could. */
async function start() {
  try {
    presentCard(await ask("card", asJson));
    isFeedbackKept = (await ask("health", asJson)).feedback_log !== "off";
    if (shown) presentFeedback(shown);
    return true;
  } catch (error) {
    if (error.status !== 401) element("about").textContent = error.message;
    return false;
  }
}

setStrength();
show("forget", Boolean(token));
start();

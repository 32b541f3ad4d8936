// The images of this visit: asked about one after another, and one of them shown.

const images = [];
let shown = null;
let isWorking = false;

/** Takes files on; what was there stays. */
function addImages(files) {
  if (!files.length) return;  // text was dropped or pasted
  for (const file of files) {
    const image = { file, address: URL.createObjectURL(file), state: "waiting", error: "", maps: new Map() };
    image.stop = new AbortController();
    image.told = make("span", { className: "told", dir: "auto" });
    const title = make("span", { className: "file", dir: "auto" }, nameOf(image));
    image.button = make("button", { type: "button" }, title, image.told);
    image.button.addEventListener("click", () => showImage(image));
    element("entries").append(make("li", {}, image.button));
    images.push(image);
    mark(image);
  }
  show("work", true);
  show("images", images.length > 1);
  element("work").classList.toggle("several", images.length > 1);
  showImage(images[images.length - files.length]);
  work();
}

const nameOf = (image) => image.file.name || "pasted image";

const TOLD = {
  waiting: "waiting",
  asking: "being classified…",
  locked: "waiting for a token",
  refused: "not accepted",
  failed: "not answered",
};

/** Brings an image's entry in the list up to date. */
function mark(image) {
  image.told.textContent = image.answer ? summary(image.answer) : TOLD[image.state];
  image.button.classList.toggle("bad", image.state === "refused" || image.state === "failed");
}

function showImage(image) {
  shown = image;
  for (const other of images) other.button.setAttribute("aria-current", String(other === image));
  element("name").textContent = nameOf(image);
  tell("error-text", image.error);
  show("error", Boolean(image.error));
  show("retry", image.state === "failed");
  show("answer", false);
  if (image.answer) presentAnswer(image.answer);
  presentFeedback(image);
  showPicture(image);
}

async function classify(image) {
  try {
    await image.file.slice(0, 1).arrayBuffer();
  } catch {
    throw new ServiceError("The file cannot be read. It may be a folder, or have changed since it was chosen.", 400);
  }
  const form = new FormData();
  form.append("image", image.file);
  return ask("predict", asJson, { method: "POST", body: form, signal: image.stop.signal });
}

/** Asks about what waits, one image at a time, so that each is answered as soon as it can be. */
async function work() {
  if (isWorking) return;
  isWorking = true;
  element("status").classList.remove("unseen");
  for (let image; (image = images.find(({ state }) => state === "waiting")); ) {
    image.state = "asking";
    image.error = "";
    mark(image);
    const number = images.indexOf(image) + 1;
    const which = images.length === 1 ? "" : " image " + number + " of " + images.length;
    element("status").textContent = "Classifying" + which + "…";
    try {
      image.answer = await classify(image);
      image.state = "answered";
      if (element("card").hidden) start();  // what could not be read when the page was loaded
    } catch (error) {
      if (image.stop.signal.aborted) continue;
      image.error = error.status === 401 ? "" : error.message;
      image.state = error.status === 401 ? "locked" : error.mayPass ? "failed" : "refused";
    }
    mark(image);
    if (image === shown) settle(image);
  }
  isWorking = false;
  element("status").textContent = overall();
  // What is said of a single image stands below as well.
  element("status").classList.toggle("unseen", images.length === 1 && images[0].state !== "locked");
}

/** Shows what became of the image that is looked at, and goes there unless the person is somewhere else already. */
function settle(image) {
  const isFree = [document.body, element("files"), element("retry"), null].includes(document.activeElement);
  showImage(image);
  if (isFree && images.length === 1 && image.state !== "locked") element("name").focus();
}

function overall() {
  if (!images.length) return "";
  if (images.length === 1) {
    const { answer, error } = images[0];
    return answer ? summary(answer) + ". " + decisionText(answer) : error || titled(TOLD[images[0].state]) + ".";
  }
  const parts = [];
  for (const [state, told] of Object.entries({ answered: "answered", ...TOLD })) {
    const many = images.filter((image) => image.state === state).length;
    if (many) parts.push(many + " " + told);
  }
  return parts.join(", ") + ".";
}

/** Lets images be asked about again. */
function again(state) {
  for (const image of images.filter((one) => one.state === state)) {
    image.state = "waiting";
    mark(image);
  }
  work();
}

/** Forgets all images: others may use this computer. */
function clearImages() {
  for (const image of images) {
    image.stop.abort();
    for (const address of [image.address, ...image.maps.values()]) URL.revokeObjectURL(address);
  }
  images.length = 0;
  shown = null;
  element("entries").replaceChildren();
  for (const id of ["photo", "map"]) element(id).removeAttribute("src");
  show("work", false);
  element("status").textContent = "";
  element("files").focus();
}

// The image that is shown. A heat map lies over it exactly, because the model stretches an image to its own shape.

/** Gives the frame the shape of a picture, as large as there is room for. */
function frameOf(picture) {
  const frame = element("frame"), shape = picture.naturalWidth / picture.naturalHeight;
  frame.style.aspectRatio = String(shape);
  frame.style.width = "min(100%, " + 26 * shape + "rem)";
  frame.hidden = false;
}

const NOT_SHOWN = "Browsers do not show this kind of file.";

let turn = 0;  // rises with each picture, so that what comes late for an earlier one is dropped

/** Shows the file itself where the browser can; returns whether it does. */
async function showPhoto(image, isCurrent) {
  const photo = element("photo");
  photo.alt = "The image as it was sent";
  photo.src = image.address;
  try {
    await photo.decode();
  } catch {
    return false;
  }
  if (!isCurrent()) return false;
  // A browser that turns or crops the file otherwise than the service would lay the map over another place.
  const facts = image.answer?.image;
  if (facts && (photo.naturalWidth !== facts.width || photo.naturalHeight !== facts.height)) return false;
  frameOf(photo);
  photo.hidden = false;
  return true;
}

async function showPicture(image) {
  const mine = ++turn;
  const isCurrent = () => turn === mine;
  for (const id of ["frame", "photo", "map", "map-controls", "map-retry"]) show(id, false);
  for (const id of ["picture-note", "map-note"]) tell(id, "");
  show("picture", image.state !== "refused");
  if (image.state === "refused") return;  // browsers draw what they can of a damaged file, which is not the image
  const isVisible = await showPhoto(image, isCurrent);
  if (!isCurrent()) return;
  image.isVisible = isVisible;
  if (!image.isVisible) tell("picture-note", NOT_SHOWN);
  if (image.answer) await startHeatMap(image);
  else show("picture", image.isVisible);
}

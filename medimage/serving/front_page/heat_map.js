// Heat maps of the image that is shown, one for each class that is asked for.

let noHeatMaps = "";  // the sentence of a model that has none, so that it is asked once

/** Gets the map of a class; as a layer to lie over the picture, or drawn into the image as the model sees it. */
async function heatMap(image, label, isLayer) {
  const key = (isLayer ? "layer " : "whole ") + label;
  if (!image.maps.has(key)) {
    const form = new FormData();
    form.append("image", image.file);
    const query = new URLSearchParams(isLayer ? { label, layer: "map" } : { label });
    const options = { method: "POST", body: form, signal: image.stop.signal };
    const blob = await ask("explain?" + query, (response) => response.blob(), options);
    if (image.stop.signal.aborted) throw new DOMException("cleared", "AbortError");
    image.maps.set(key, URL.createObjectURL(blob));
  }
  return image.maps.get(key);
}

async function showHeatMap(image) {
  const label = element("map-label").value, mine = turn;
  const isCurrent = () => turn === mine && element("map-label").value === label;
  show("map-retry", false);
  if (noHeatMaps) return tell("map-note", noHeatMaps);
  tell("map-note", "The heat map is being made…");
  try {
    const address = await heatMap(image, label, image.isVisible);
    if (!isCurrent()) return;
    const place = element(image.isVisible ? "map" : "photo");
    place.src = address;
    await place.decode();
    if (!isCurrent()) return;
    place.hidden = false;
    tell("map-note", "");
    show("map-controls", true);
    show("strength-line", image.isVisible);
    if (image.isVisible) return;
    place.alt = "The image as the model sees it, with the heat map of " + label;
    frameOf(place);
    tell("picture-note", NOT_SHOWN + " This is the image as the model sees it, with its heat map.");
  } catch (error) {
    if (!isCurrent() || image.stop.signal.aborted) return;
    element("map").hidden = true;
    if (error.status === 409) noHeatMaps = error.message;
    tell("map-note", error instanceof ServiceError ? error.message : "The heat map cannot be shown.");
    show("map-retry", !(error.status >= 400) || error.mayPass || error.status === 401);
  }
}

function setStrength() {
  element("map").style.opacity = element("strength").value / 100;
  element("strength").setAttribute("aria-valuetext", element("strength").value + " %");
}

/** Lists the classes to choose a map of, and shows that of the answer's label. */
function startHeatMap(image) {
  const classes = ranked(image.answer).map(([name]) => name);
  element("map-label").replaceChildren(...classes.map((name) => make("option", { value: name }, name)));
  return showHeatMap(image);
}

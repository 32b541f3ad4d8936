"use strict";
// What every part of the page uses: elements and numbers. Text goes into the page as text only, never as markup.

const element = (id) => document.getElementById(id);

/** Makes an element. Children are elements or text. */
function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function show(id, isShown) {
  element(id).hidden = !isShown;
}

/** Shows a sentence, or hides its place where there is none. */
function tell(id, sentence) {
  const place = element(id);
  place.textContent = sentence || "";
  place.hidden = !sentence;
}

/** A probability in percent. No probability of a model is 0 or 1, so that none is shown as one. */
function percent(value) {
  if (value >= 0.9995) return "> 99.9 %";
  if (value < 0.0005) return "< 0.1 %";
  return (100 * value).toFixed(1) + " %";
}

/** Names, each kept from turning the text around it where it is written from right to left. */
function names(list) {
  return list.flatMap((name, index) => (index ? [", ", make("bdi", {}, name)] : [make("bdi", {}, name)]));
}

/** The classes of an answer, the most probable first: what is to be considered stands on top, however many there are. */
function ranked(answer) {
  return Object.entries(answer.probabilities).sort((first, second) => second[1] - first[1]);
}

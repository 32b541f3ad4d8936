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

/** A name in a sentence, kept from turning the text around it where it runs from right to left (Unicode, UAX 9). */
const isolated = (name) => "\u2068" + name + "\u2069";

const TURNS = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A sentence of the service with those names isolated in it that need it. */
function withIsolated(sentence, names) {
  const turning = names.filter((name) => TURNS.test(name));
  return turning.reduce((said, name) => said.replaceAll(name, isolated(name)), sentence);
}

/** The classes of an answer, the most probable first: what is to be considered stands on top, of however many. */
function ranked(answer) {
  return Object.entries(answer.probabilities).sort((first, second) => second[1] - first[1]);
}

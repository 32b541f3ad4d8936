// The answer on one image: decision, warnings, probabilities, and where it comes from.

function probabilityLine(name, value, answer) {
  const threshold = answer.decision.thresholds[name];
  const isReached = answer.decision.positive.includes(name);
  const fill = make("span", { className: "fill" });
  fill.style.width = 100 * value + "%";
  const bar = make("div", { className: "bar" }, fill);
  bar.setAttribute("aria-hidden", "true");
  const said = [];
  if (typeof threshold === "number") {
    const tick = make("i", { className: "tick" });
    tick.style.insetInlineStart = 100 * Math.min(Math.max(threshold, 0), 1) + "%";
    bar.append(tick);
    bar.title = "Operating point: " + percent(threshold);
    const told = ", operating point " + percent(threshold) + (isReached ? " reached" : " not reached");
    said.push(make("span", { className: "unseen" }, told));
  }
  const mark = make("b", { className: "reached" }, "● ");
  mark.setAttribute("aria-hidden", "true");
  const line = make(
    "div", { className: name === answer.label ? "line best" : "line" },
    make("span", {}, ...(isReached ? [mark] : []), make("bdi", {}, name)),
    make("span", { className: "value" }, percent(value), ...said),
  );
  return make("li", {}, line, bar);
}

function conformalText(set) {
  if (!set) return "";
  if (!set.classes) return "Which classes cannot be excluded is not known: " + set.reason + ".";
  const list = set.classes.map(isolated).join(", ");
  const chance = "with a chance of " + Number((100 * set.coverage).toFixed(1)) + " %";
  const said = set.classes.length
    ? "Cannot be excluded, " + chance + " that the right class is among them: " + list + "."
    : "The image is unlike every class: none is among those that hold the right one " + chance + ".";
  return set.reason ? said + " " + titled(set.reason) + "." : said;
}

const decisionText = (answer) => withIsolated(answer.decision.meaning, Object.keys(answer.probabilities));

function facts(answer) {
  const fitted = Object.entries(answer.decision.thresholds).filter(([, value]) => value !== null);
  const points = fitted.map(([name, value]) => isolated(name) + ": " + percent(value));
  const { target_sensitivity: target } = answer.decision;
  const rows = [
    ["Model", answer.model.name + " " + answer.model.version],
    ["SHA-256 of the model", answer.model.sha256],
    ["Hash of its evidence", answer.model.evidence_hash || "none"],
    ["Image", answer.image.width + " × " + answer.image.height + " pixels"],
    ["SHA-256 of the file", answer.image.sha256],
    ["Prediction", answer.prediction_id],
    ["Operating points", points.join("; ") || "none"],
    ...(target === null ? [] : [["They are for", "a sensitivity of " + percent(target)]]),
  ];
  return rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { dir: "auto" }, value)]);
}

function presentAnswer(answer) {
  const { abstained, reason } = answer.abstention;
  element("eyebrow").textContent = abstained ? "Most probable, and too unsure to be used" : "Most probable class";
  element("label").className = abstained ? "unused" : "";
  element("label-name").textContent = answer.label;
  element("label-value").textContent = percent(answer.confidence);
  tell("abstention", abstained ? "The model abstains. " + reason : "");
  element("decision").textContent = decisionText(answer);
  tell("conformal", conformalText(answer.conformal_set));
  element("warning-list").replaceChildren(...answer.warnings.map((warning) => make("li", {}, warning.message)));
  show("warnings", answer.warnings.length > 0);
  const lines = ranked(answer).map(([name, value]) => probabilityLine(name, value, answer));
  element("probabilities").replaceChildren(...lines);
  show("key", Object.values(answer.decision.thresholds).some((threshold) => threshold !== null));
  element("facts").replaceChildren(...facts(answer));
  show("answer", true);
}

/** A few words for those who listen, and for the list of images. */
function summary(answer) {
  const warned = answer.warnings.length;
  const rest = warned ? ", " + warned + (warned === 1 ? " warning" : " warnings") : "";
  return (answer.abstention.abstained ? "abstained" : isolated(answer.label) + " " + percent(answer.confidence)) + rest;
}

// What a person says of an answer. Each is sent once; sending another corrects it, and the log keeps both.

let isFeedbackKept = false;  // whether the service keeps any

const NONE_OF_THEM = "none";

function presentFeedback(image) {
  show("feedback", isFeedbackKept && Boolean(image.answer));
  if (!image.answer) return;
  element("asked").textContent = image.answer.label;
  const others = ranked(image.answer).map(([name]) => name).filter((name) => name !== image.answer.label);
  element("right-label").replaceChildren(
    make("option", { value: "", disabled: true, selected: true }, "Choose…"),  // nobody sends a class by accident
    ...others.map((name) => make("option", { value: "=" + name }, name)),
    make("option", { value: NONE_OF_THEM }, "None of the model's classes"),
  );
  tell("feedback-error", "");
  openCorrection(false);
  const { feedback } = image;
  show("judgement", !feedback);
  show("given", Boolean(feedback));
  if (feedback) element("given-text").replaceChildren(...givenText(feedback));
  lockFeedback(image.isSending);
}

function givenText({ agrees, label }) {
  if (agrees) return ["Kept: it is right."];
  return label === null ? ["Kept: it is none of the model's classes."] : ["Kept: it is ", make("bdi", {}, label), "."];
}

function openCorrection(isOpen) {
  show("correction", isOpen);
  element("disagree").setAttribute("aria-expanded", String(isOpen));
}

function lockFeedback(isLocked) {
  for (const button of element("feedback").querySelectorAll("button")) button.disabled = Boolean(isLocked);
}

async function sendFeedback(image, said) {
  if (image.isSending) return;  // a double click says nothing twice
  image.isSending = true;
  lockFeedback(true);
  tell("feedback-error", "");
  let complaint = "";
  try {
    const body = JSON.stringify({ prediction_id: image.answer.prediction_id, ...said });
    const headers = { "Content-Type": "application/json" };
    await ask("feedback", asJson, { method: "POST", body, headers, signal: image.stop.signal });
    image.feedback = { label: null, ...said };
  } catch (error) {
    if (image.stop.signal.aborted) return;
    complaint = error.message;
  } finally {
    image.isSending = false;
  }
  if (shown !== image) return;
  if (complaint) {
    lockFeedback(false);
    tell("feedback-error", complaint);
    return;
  }
  presentFeedback(image);
  element("given-text").focus();
}

element("agree").addEventListener("click", () => sendFeedback(shown, { agrees: true }));
element("disagree").addEventListener("click", () => {
  openCorrection(element("correction").hidden);
  if (!element("correction").hidden) element("right-label").focus();
});
element("feedback").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = element("right-label").value;
  sendFeedback(shown, { agrees: false, label: chosen === NONE_OF_THEM ? null : chosen.slice(1) });
});
element("change").addEventListener("click", () => {
  show("given", false);
  show("judgement", true);
  element("agree").focus();
});

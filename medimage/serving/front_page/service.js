// Requests to the service, with the token where one is asked for.

const TOKEN_KEY = "medimage-token";
const TOKEN_PATTERN = /^[A-Za-z0-9._~+/=-]{16,512}$/;
const LONGEST_MS = 100_000;  // an upload and an answer together take less, or the service gives up

/** A request that was not answered, with a sentence for the person who sent it. */
class ServiceError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may be answered another time. */
  get mayPass() {
    return this.status === 0 || this.status === 408 || this.status >= 500;
  }
}

let token = "";
try {
  token = sessionStorage.getItem(TOKEN_KEY) || "";
} catch {
  // Where nothing may be stored, the token lasts until the page is loaded again.
}

function keepToken(value) {
  token = value;
  try {
    if (value) sessionStorage.setItem(TOKEN_KEY, value);
    else sessionStorage.removeItem(TOKEN_KEY);
  } catch {
    // As above.
  }
}

/** Sends a request and reads the answer with `read`; throws a `ServiceError` for anything but success. */
async function ask(path, read, options = {}) {
  const used = token;
  const headers = { ...options.headers, ...(used ? { Authorization: "Bearer " + used } : {}) };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LONGEST_MS);
  options.signal?.addEventListener("abort", () => stop.abort());
  try {
    const response = await fetch(path, { ...options, headers, signal: stop.signal });
    if (response.ok) return await read(response);
    const body = await response.json().catch(() => ({}));
    const sentence = body.error || "The service answered with status " + response.status + ".";
    if (response.status === 401) askForToken(used);
    throw new ServiceError(sentence, response.status);
  } catch (error) {
    if (error instanceof ServiceError || options.signal?.aborted) throw error;
    if (stop.signal.aborted) throw new ServiceError("The service did not answer in time.", 0);
    throw new ServiceError("The service cannot be reached. Try again when it runs.", 0);
  } finally {
    clearTimeout(timer);
  }
}

const asJson = (response) => response.json();

/** Asks for a token after a refusal of the one that was used; an empty one is none. */
function askForToken(used) {
  if (used !== token) return;  // another one was given meanwhile
  keepToken("");
  show("forget", false);
  const wasHidden = element("token-form").hidden;
  show("token-form", true);
  element("token-message").textContent = used
    ? "That token is not accepted. Whoever runs the service can tell the right one."
    : "This service answers those who have a token.";
  if (wasHidden || used) element("token").focus();
}

/** Takes the token that was typed; returns whether it can be one. */
function takeToken() {
  const value = element("token").value.trim();
  if (!TOKEN_PATTERN.test(value)) {
    element("token-message").textContent = "A token has 16 to 512 letters, digits or ._~+/=- and nothing else.";
    element("token").focus();
    return false;
  }
  keepToken(value);
  element("token").value = "";
  show("token-form", false);
  show("forget", true);
  return true;
}

// The model card as text and tables.

const CARD_ABOVE = new Set(["name", "version", "description", "notice"]);  // these stand in the head of the page
const CARD_ORDER = ["intended_use", "limits", "gate", "metrics", "data", "model", "provenance"];
const SHOWN_BY_CLASS = new Set(["sensitivity", "specificity"]);  // the others are unfolded by whoever wants them
const SENSE = { at_least: "at least ", at_most: "at most " };

const words = (key) => key.replaceAll("_", " ");
const titled = (key) => words(key).replace(/^./, (letter) => letter.toUpperCase());
const isMapping = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isEstimate = (value) => isMapping(value) && "value" in value && "low" in value && "high" in value;

function plain(value) {
  if (value === null || value === undefined || value === "") return "not known";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
  return String(value);
}

function interval(value, low, high) {
  if (value === null || value === undefined) return "not known";
  const digits = (number) => (typeof number === "number" ? number.toFixed(3) : "?");
  if (low === null || low === undefined) return digits(value);
  return digits(value) + " (" + digits(low) + " to " + digits(high) + ")";
}

function table(titles, rows) {
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
  const body = rows.map(([name, ...cells]) => {
    const first = make("th", { scope: "row", dir: "auto" }, name);
    return make("tr", {}, first, ...cells.map((cell) => make("td", {}, cell)));
  });
  const made = make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
  const around = make("div", { className: "wide", tabIndex: 0 }, made);  // reached by keyboard to be scrolled
  around.setAttribute("role", "group");
  around.setAttribute("aria-label", titles.join(", "));
  return around;
}

/** Any value of a card: text, a list, or names with values. */
function described(value) {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === "number")) return make("span", {}, value.map(plain).join(", ") || "none");
    return make("ul", {}, ...value.map((item) => make("li", { dir: "auto" }, described(item))));
  }
  if (isEstimate(value)) return make("span", {}, interval(value.value, value.low, value.high));
  if (isMapping(value)) {
    const pairs = Object.entries(value).flatMap(([key, item]) => [
      make("dt", { dir: "auto" }, words(key)),
      make("dd", { dir: "auto" }, described(item)),
    ]);
    return pairs.length ? make("dl", {}, ...pairs) : make("span", {}, "none");
  }
  return make("span", { dir: "auto" }, plain(value));
}

function metrics(values) {
  const main = [], further = [], rest = {};
  const line = (name, { value, low, high, n }) => [name, interval(value, low, high), plain(n)];
  for (const [name, value] of Object.entries(values)) {
    if (isEstimate(value)) main.push(line(words(name), value));
    else if (isMapping(value) && Object.values(value).length && Object.values(value).every(isEstimate)) {
      const measure = words(name.replace(/_per_class$/, ""));
      const lines = Object.entries(value).map(([label, one]) => line(measure + ", " + isolated(label), one));
      (SHOWN_BY_CLASS.has(name) ? main : further).push(...lines);
    } else rest[name] = value;
  }
  const titles = ["On the test set", "Estimate (95 % interval)", "Cases"];
  const parts = main.length ? [table(titles, main)] : [];
  if (further.length) {
    parts.push(make("details", {}, make("summary", {}, "Further measures by class"), table(titles, further)));
  }
  if (Object.keys(rest).length) parts.push(described(rest));
  return make("div", {}, ...parts);
}

function gate(report) {
  const { verdict, criteria = [], ...rest } = report;
  const lines = criteria.map((one) => [
    words(one.name ?? "") + (one.scope && one.scope !== "overall" ? ", " + isolated(one.scope) : ""),
    interval(one.estimate, one.low, one.high),
    (SENSE[one.direction] ?? "") + plain(one.threshold),
    [one.verdict, one.note].filter(Boolean).join(": "),
  ]);
  const said = make("p", {}, "Verdict: ", make("b", {}, plain(verdict)));
  const judged = table(["Criterion", "Estimate (interval)", "Asked for", "Verdict"], lines);
  return make("div", {}, said, ...(lines.length ? [judged] : []), described(rest));
}

function section(key, value) {
  const readers = { metrics, gate };
  const read = isMapping(value) && Object.hasOwn(readers, key) ? readers[key] : described;
  const title = key === "gate" ? "Medical validation gate" : key === "metrics" ? "Results" : titled(key);
  return make("section", {}, make("h3", {}, title), read(value));
}

/** Shows a card. Keys that this page does not know are shown as well. */
function presentCard(card) {
  const title = [card.name, card.version].filter(Boolean).join(" ");
  if (title) document.title = element("title").textContent = title;
  element("about").textContent = card.description || "";
  const known = CARD_ORDER.filter((key) => key in card);
  const others = Object.keys(card).filter((key) => !CARD_ABOVE.has(key) && !CARD_ORDER.includes(key));
  element("card-content").replaceChildren(...[...known, ...others].map((key) => section(key, card[key])));
  show("card", true);
}

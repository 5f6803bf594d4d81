// What all parts of the page share: the data, and how values are written.

const $ = (id) => document.getElementById(id);
const D = JSON.parse($("data").textContent);
const designs = await unpacked(D.designs);
const size = designs.id.length;
(0, eval)(await inflated($("plotly").textContent).text()); // the plots' program, a third of its size
D.front = designs.id.map((_, i) => i).filter((i) => designs.front[i]);

/** What was compressed, base64 of gzip. */
function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
}

/** Columns of JSON; a column that is no list is the same for all. */
async function unpacked(text) {
  const columns = await inflated(text).json();
  for (const [name, column] of Object.entries(columns)) if (!Array.isArray(column)) columns[name] = new Array(columns.id.length).fill(column);
  return columns;
}

const valueOf = (name, i) => (name in designs ? designs[name][i] : D.constant[name]);
const kindOf = (i) => designs.kind[i]; // a place among the kinds that are held against each other

function element(tag, parent, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  if (parent) parent.append(made);
  return made;
}

function button(parent, text, action, className) {
  const made = element("button", parent, text, className);
  made.type = "button";
  made.onclick = action;
  return made;
}

function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

const short = (value) => (value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))}M` : value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))}k` : number(value));
const percent = (share) => `${Math.abs(share) >= 0.01 || !share ? (100 * share).toFixed(1) : Number((100 * share).toPrecision(2))} %`;
const isShare = (name) => D.percent.includes(name);

/** A value of a key or figure: shares as percentages. */
const figure = (name, value) => (isShare(name) && typeof value === "number" ? percent(value) : number(value));
const withUnit = (name, value) => `${figure(name, value)}${!isShare(name) && D.units[name] ? " " + D.units[name] : ""}`;

// Two designs side by side: figures, what one has to the other, and the keys that they differ in.

const letters = ["A", "B"];
let pins = D.best === null ? [] : [D.best, ...D.equals.map(([, i]) => i)].slice(0, 2);

let everything = false;

const pinned = (i) => pins.includes(i);

/** Pins a design in place of the one that was pinned first, or lets go of it. */
function pin(i) {
  pins = pinned(i) ? pins.filter((j) => j !== i) : [...pins, i].slice(-2);
  drawPins();
  drawFront();
}

function drawPins() {
  const section = $("pins-section"), table = $("pins");
  section.hidden = !pins.length;
  table.replaceChildren();
  if (!pins.length) return;
  const head = element("tr", element("thead", table)), body = element("tbody", table);
  element("th", head, "");
  pins.forEach((i, k) => {
    const cell = element("th", head, undefined, "pin");
    const dot = element("span", cell, undefined, "swatch");
    dot.style.background = colourOf(kindOf(i));
    cell.append(`${letters[k]} · ${spokenOf(i) || D.kindNames[kindOf(i)]} `);
    button(cell, "×", () => pin(i), "no-print").title = "let go";
  });
  if (pins.length === 2) element("th", head, "B to A");
  const line = (label, values, told, ratio, strong) => {
    const row = element("tr", body, undefined, strong ? "strong" : undefined);
    element("td", row, heading(label));
    for (const value of values) element("td", row, told(value));
    if (pins.length === 2) element("td", row, ratio ? ratio(...values) : "");
  };
  const ratio = (name) => (a, b) => {
    if (typeof a !== "number" || typeof b !== "number" || a <= 0 || b <= 0) return "";
    if (a === b) return "=";
    const near = Math.abs(a - b) < (D.uncertainties[name] || 0) * Math.min(a, b);
    return `${near ? "≈ " : ""}${number(b / a)}×`;
  };
  element("td", element("tr", body, undefined, "name"), "");
  pins.forEach((i) => element("td", body.lastChild, designs.phrase[i]));
  if (pins.length === 2) element("td", body.lastChild, "");
  for (const name of Object.keys(D.objectives)) line(D.labels[name], pins.map((i) => designs[name][i]), (value) => figure(name, value), ratio(name), true);
  const keys = D.varied.filter((key) => pins.length < 2 || !equal(valueOf(key, pins[0]), valueOf(key, pins[1])));
  for (const key of keys) line(key, pins.map((i) => valueOf(key, i)), (value) => number(value));
  const parts = Object.values(D.partFigures), others = Object.keys(D.labels).filter((name) => !(name in D.objectives));
  const usual = (name) => parts.includes(name) || upFront.includes(name);
  $("all-figures").textContent = everything ? "Fewer figures" : "All figures";
  for (const name of others.filter((each) => everything || usual(each))) {
    const values = pins.map((i) => designs[name][i]);
    if (values.every((value) => !value)) continue;
    if (pins.length === 2 && values[0] === values[1]) continue;
    line(D.labels[name], values, (value) => figure(name, value), ratio(name));
  }
}

const spokenOf = (i) => D.highlights.filter(([, j]) => j === i).map(([what]) => what).join(", ");
